using System.Buffers.Binary;
using System.Text;

namespace IpGan.Onnx.Tests;

/// <summary>
/// What the loader sees of a library: symbols it wants and versions it needs, found the loader's way through the dynamic segment; the patch finds
/// them through the section headers.
/// </summary>
internal sealed class ElfReader(byte[] bytes)
{
    /// <summary>Undefined symbols, each with the version that it is bound to ("" if none).</summary>
    public IReadOnlyList<(string Name, string Version)> Wanted()
    {
        var needs = Needs().ToDictionary(n => n.Index, n => n.Version);
        int symbols = At(Dynamic(6)), versions = At(Dynamic(0x6ffffff0)), count = SymbolCount();
        return [.. Enumerable.Range(0, count).Where(i => U16(symbols + i * 24 + 6) == 0)
            .Select(i => (Text(U32(symbols + i * 24)), needs.GetValueOrDefault(U16(versions + i * 2) & 0x7fff, "")))];
    }

    /// <summary>Needed versions with the library they come from, in the file's order, checked against the hash that the loader compares.</summary>
    public IReadOnlyList<(string Library, string Version, int Index)> Needs()
    {
        var needs = new List<(string, string, int)>();
        var file = At(Dynamic(0x6ffffffe));
        for (var i = 0L; i < Dynamic(0x6fffffff); i++)
        {
            var entry = file + (int)U32(file + 8);
            for (var k = 0; k < U16(file + 2); k++)
            {
                var version = Text(U32(entry + 8));
                Assert.Equal(Hash(version), U32(entry));
                needs.Add((Text(U32(file + 4)), version, U16(entry + 6)));
                entry += (int)U32(entry + 12);
            }
            file += (int)U32(file + 12);
        }
        return needs;
    }

    // System V ABI, figure 5-13.
    private static uint Hash(string name)
    {
        var h = 0u;
        foreach (var c in name)
        {
            h = (h << 4) + c;
            var g = h & 0xf0000000;
            h = (h ^ (g >> 24)) & ~g;
        }
        return h;
    }

    private IEnumerable<int> Segments(uint type) => Enumerable.Range(0, U16(0x38)).Select(i => (int)U64(0x20) + i * 56).Where(at => U32(at) == type);

    private long Dynamic(long tag)
    {
        var at = (int)U64(Segments(2).Single() + 8);
        while (U64(at) != tag)
        {
            Assert.NotEqual(0, U64(at));
            at += 16;
        }
        return U64(at + 8);
    }

    private int At(long address)
    {
        var segment = Segments(1).Single(s => address >= U64(s + 16) && address < U64(s + 16) + U64(s + 32));
        return (int)(address - U64(segment + 16) + U64(segment + 8));
    }

    // The table of symbols ends where that of strings begins.
    private int SymbolCount() => (At(Dynamic(5)) - At(Dynamic(6))) / 24;

    private string Text(uint offset)
    {
        var at = At(Dynamic(5)) + (int)offset;
        return Encoding.ASCII.GetString(bytes, at, Array.IndexOf(bytes, (byte)0, at) - at);
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private long U64(int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
}
