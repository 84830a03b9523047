using System.Buffers.Binary;
using System.Text;

namespace IpGan.Onnx.Native;

/// <summary>
/// Makes a library that was linked against a newer libstdc++ loadable with an older one, when the only thing it needs from the newer one is
/// <c>std::ios_base_library_init()</c>, which older ones do by themselves. Bytes in, bytes out. Formats: System V ABI, chapter 4, and the
/// GNU symbol versioning sections (Drepper, "ELF Symbol Versioning").
/// </summary>
public static class ElfSymbolVersionPatch
{
    /// <summary>The symbol that only GCC 13's libstdc++ and later have.</summary>
    public const string NewSymbol = "_ZSt21ios_base_library_initv";

    /// <summary>The version that it needs.</summary>
    public const string NewVersion = "GLIBCXX_3.4.32";

    // Takes no argument and has no effect, is in every libstdc++, and its name is shorter.
    private const string OldSymbol = "_ZSt9uncaught_exceptionv";
    private const string OldVersion = "GLIBCXX_3.4";

    private readonly record struct Section(int Offset, int Size, int Count);

    /// <summary>True if the library asks for <see cref="NewVersion"/>.</summary>
    /// <exception cref="InvalidDataException">Not a whole 64-bit little-endian ELF library.</exception>
    public static bool IsNeeded(byte[] library) => Guarded(() => FindNeed(library, Sections(library), NewVersion) is not null);

    /// <summary>A copy that asks for <c>GLIBCXX_3.4</c> at most.</summary>
    /// <exception cref="InvalidDataException">Not a whole 64-bit little-endian ELF library with such a need.</exception>
    public static byte[] Apply(byte[] library) => Guarded(() => Patched([.. library]));

    private static byte[] Patched(byte[] bytes)
    {
        var sections = Sections(bytes);
        var strings = sections[".dynstr"];
        var (oldHash, oldIndex, oldName) = FindNeed(bytes, sections, OldVersion) is { } o
            ? (ReadUInt32(bytes, o), ReadUInt16(bytes, o + 6), ReadUInt32(bytes, o + 8))
            : throw new InvalidDataException($"The library does not need {OldVersion}.");
        var newNeed = FindNeed(bytes, sections, NewVersion) ?? throw new InvalidDataException($"The library does not need {NewVersion}.");
        var newIndex = ReadUInt16(bytes, newNeed + 6);

        // The symbol: another name, and the version that this name has. It must be the only one that needs the newer version.
        var symbolName = FindString(bytes, strings, NewSymbol) ?? throw new InvalidDataException($"The library does not use {NewSymbol}.");
        var (symbols, versions) = (sections[".dynsym"], sections[".gnu.version"]);
        for (var i = 0; i < symbols.Size / 24; i++)
        {
            var name = ReadUInt32(bytes, symbols.Offset + i * 24);
            if (name == symbolName)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(versions.Offset + i * 2), oldIndex);
            }
            else if (ReadUInt16(bytes, versions.Offset + i * 2) == newIndex)
            {
                throw new InvalidDataException($"The library also uses {ReadString(bytes, strings.Offset + (int)name)} of {NewVersion}.");
            }
        }
        Encoding.ASCII.GetBytes(OldSymbol + '\0').CopyTo(bytes, strings.Offset + symbolName);
        // The need: twice the old version instead of the new one.
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(newNeed), oldHash);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(newNeed + 8), oldName);
        return bytes;
    }

    private static T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new InvalidDataException("The library is truncated or broken.", e);
        }
    }

    private static Dictionary<string, Section> Sections(byte[] bytes)
    {
        if (bytes.Length < 64 || !bytes.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException("Not a 64-bit little-endian ELF library.");
        }
        var table = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(0x28)));
        int count = ReadUInt16(bytes, 0x3c), names = ReadUInt16(bytes, 0x3e);
        if (table > bytes.Length - count * 64)
        {
            throw new InvalidDataException($"The library is truncated: it ends after {bytes.Length} bytes, before its table of sections does.");
        }
        Section Read(int i) => new(
            checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(table + i * 64 + 24))),
            checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(table + i * 64 + 32))),
            checked((int)ReadUInt32(bytes, table + i * 64 + 44)));
        var nameSection = Read(names);
        var sections = new Dictionary<string, Section>();
        for (var i = 0; i < count; i++)
        {
            sections.TryAdd(ReadString(bytes, nameSection.Offset + (int)ReadUInt32(bytes, table + i * 64)), Read(i));
        }
        foreach (var name in new[] { ".dynstr", ".dynsym", ".gnu.version", ".gnu.version_r" })
        {
            if (!sections.ContainsKey(name))
            {
                throw new InvalidDataException($"The library has no section {name}.");
            }
        }
        return sections;
    }

    // The offset of the Vernaux entry for a version: hash (4), flags (2), index (2), name (4), next (4).
    private static int? FindNeed(byte[] bytes, Dictionary<string, Section> sections, string version)
    {
        var (needs, strings) = (sections[".gnu.version_r"], sections[".dynstr"]);
        var file = needs.Offset;
        for (var i = 0; i < needs.Count; i++)
        {
            var entry = file + (int)ReadUInt32(bytes, file + 8);
            for (var k = 0; k < ReadUInt16(bytes, file + 2); k++)
            {
                if (ReadString(bytes, strings.Offset + (int)ReadUInt32(bytes, entry + 8)) == version)
                {
                    return entry;
                }
                entry += (int)ReadUInt32(bytes, entry + 12);
            }
            file += (int)ReadUInt32(bytes, file + 12);
        }
        return null;
    }

    private static int? FindString(byte[] bytes, Section strings, string text)
    {
        var at = bytes.AsSpan(strings.Offset, strings.Size).IndexOf(Encoding.ASCII.GetBytes('\0' + text + '\0'));
        return at < 0 ? null : at + 1;
    }

    private static string ReadString(byte[] bytes, int offset) =>
        Encoding.ASCII.GetString(bytes.AsSpan(offset, bytes.AsSpan(offset).IndexOf((byte)0)));

    private static ushort ReadUInt16(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(offset));

    private static uint ReadUInt32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));
}
