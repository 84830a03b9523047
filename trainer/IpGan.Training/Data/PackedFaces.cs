using System.IO.Hashing;
using System.Text;
using IpGan.Imaging;
using Microsoft.Win32.SafeHandles;

namespace IpGan.Training.Data;

/// <summary>
/// All pictures of a table, decoded once and resized to the network's size: bytes [count, S, S, 3] in a file, whose name carries a hash of what went into it. Read from
/// there picture by picture: the system keeps in memory what fits.
/// </summary>
public sealed class PackedFaces
{
    // Closed by their finalizers: packs live as long as the process, or a test.
    private readonly (SafeFileHandle File, int Count)[] _files;

    private PackedFaces(int size, (SafeFileHandle File, int Count)[] files)
    {
        Size = size;
        _files = files;
    }

    /// <summary>Pixels a side.</summary>
    public int Size { get; }

    /// <summary>Red, green, blue of each pixel, row by row, of the table's picture number <paramref name="index"/>.</summary>
    /// <exception cref="IOException">The file cannot be read, or was shortened since.</exception>
    public byte[] Read(int index)
    {
        var picture = new byte[Length(Size)];
        Read(index, picture);
        return picture;
    }

    /// <summary>The same, into <paramref name="picture"/>.</summary>
    public void Read(int index, Span<byte> picture)
    {
        var from = index;
        foreach (var (file, count) in _files)
        {
            if (from < count)
            {
                var length = Length(Size);
                for (var read = 0; read < length;)
                {
                    var more = RandomAccess.Read(file, picture[read..length], (long)from * length + read);
                    read += more > 0 ? more : throw new EndOfStreamException($"A pack of {count} pictures ends within number {from}.");
                }
                return;
            }
            from -= count;
        }
        throw new ArgumentOutOfRangeException(nameof(index));
    }

    /// <summary>Opens the pack in <paramref name="cacheFolder"/>, or makes it there.</summary>
    /// <exception cref="DataSetException">A picture that is missing or broken, by name.</exception>
    public static PackedFaces Open(FaceTable table, int size, string cacheFolder)
    {
        Directory.CreateDirectory(cacheFolder);
        var file = Path.Combine(cacheFolder, $"faces-{size}-{Hash(table):x16}.pack");
        var count = table.Faces.Count;
        if (!File.Exists(file) || new FileInfo(file).Length != (long)Length(size) * count)
        {
            Write(file, table, size);
        }
        return new PackedFaces(size, [(File.OpenHandle(file, options: FileOptions.RandomAccess), count)]);
    }

    /// <summary>The packs of several tables as one, in their order.</summary>
    public static PackedFaces Mix(IReadOnlyList<PackedFaces> packs) => new(packs[0].Size, [.. packs.SelectMany(p => p._files)]);

    private static int Length(int size) => size * size * 3;

    private static void Write(string file, FaceTable table, int size)
    {
        var temporary = $"{file}.{Environment.ProcessId}";
        try
        {
            using (var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None, preallocationSize: (long)Length(size) * table.Faces.Count))
            {
                Cores.For(table.Faces.Count, i => RandomAccess.Write(handle, Decode(table.Faces[i].Path, size), (long)i * Length(size)));
            }
            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            // After a failure.
            File.Delete(temporary);
        }
    }

    private static byte[] Decode(string path, int size)
    {
        try
        {
            var square = new byte[size * size * 3];
            FaceSquare.ReadRgb(File.ReadAllBytes(path), face: null, size, square);
            return square;
        }
        catch (PictureException e)
        {
            throw new DataSetException($"'{path}': {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private static ulong Hash(FaceTable table)
    {
        var hash = new XxHash3();
        foreach (var face in table.Faces)
        {
            hash.Append(Encoding.UTF8.GetBytes(Path.GetRelativePath(table.Folder, face.Path)));
            hash.Append([0]);
            var file = new FileInfo(face.Path);
            hash.Append(BitConverter.GetBytes(file.Exists ? file.Length : -1));
            hash.Append(BitConverter.GetBytes(file.LastWriteTimeUtc.Ticks));
        }
        return hash.GetCurrentHashAsUInt64();
    }
}
