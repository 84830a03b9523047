using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace IpGan.Rendering.Assets;

/// <summary>Arrays of a NumPy <c>.npz</c> (a zip of <c>.npy</c> files; NumPy Enhancement Proposal 1), as float32 whatever they are stored as.</summary>
internal sealed partial class NpzFile : IDisposable
{
    private static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];
    private readonly string _path;
    private readonly ZipArchive _archive;

    /// <exception cref="AssetException">There is no such file, or it is no zip.</exception>
    public NpzFile(string path)
    {
        _path = path;
        try
        {
            _archive = ZipFile.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new AssetException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>An array's values, the last axis fastest, and its shape.</summary>
    /// <exception cref="AssetException">There is none of that name, or its type or layout is not one that is read.</exception>
    public (float[] Values, int[] Shape) Read(string name)
    {
        var entry = _archive.GetEntry(name + ".npy") ?? throw new AssetException($"'{_path}' has no array '{name}'.");
        try
        {
            using var reader = new BinaryReader(entry.Open());
            if (!reader.ReadBytes(6).AsSpan().SequenceEqual(Magic))
                throw new AssetException($"'{_path}': '{name}' is no NumPy array.");
            var major = reader.ReadByte();
            reader.ReadByte();
            var header = Encoding.ASCII.GetString(reader.ReadBytes(major == 1 ? reader.ReadUInt16() : reader.ReadInt32()));
            var match = Header().Match(header);
            if (!match.Success)
                throw new AssetException($"'{_path}': '{name}' has the header {header.Trim()}; it must be float16 or float32, little-endian, rows first.");
            var shape = match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray();
            var values = new float[shape.Aggregate(1, (a, b) => checked(a * b))];
            var half = match.Groups["type"].Value == "f2";
            for (var i = 0; i < values.Length; i++)
                values[i] = half ? (float)reader.ReadHalf() : reader.ReadSingle();
            return (values, shape);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OverflowException)
        {
            throw new AssetException($"'{_path}': '{name}' is damaged: {e.Message}", e);
        }
    }

    public void Dispose() => _archive.Dispose();

    [GeneratedRegex(@"'descr': '<(?<type>f2|f4)', 'fortran_order': False, 'shape': \((?<shape>[0-9, ]+)\)")]
    private static partial Regex Header();
}
