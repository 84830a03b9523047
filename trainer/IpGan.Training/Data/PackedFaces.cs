using System.IO.Hashing;
using System.Text;
using IpGan.Imaging;

namespace IpGan.Training.Data;

/// <summary>
/// All pictures of a table, decoded once and resized to the network's size: bytes [count, S, S, 3]. The pack is kept in a file, so that the
/// next run starts at once; the file's name carries a hash of what went into it.
/// </summary>
public sealed class PackedFaces
{
    private readonly byte[][] _pictures;

    private PackedFaces(int size, byte[][] pictures)
    {
        Size = size;
        _pictures = pictures;
    }

    /// <summary>Pixels a side.</summary>
    public int Size { get; }

    /// <summary>Red, green, blue of each pixel, row by row, of the table's picture number <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> this[int index] => _pictures[index];

    /// <summary>Reads the pack from <paramref name="cacheFolder"/>, or makes it there.</summary>
    /// <exception cref="DataSetException">A picture that is missing or broken, by name.</exception>
    public static PackedFaces Open(FaceTable table, int size, string cacheFolder, Action<int, int>? progress = null)
    {
        Directory.CreateDirectory(cacheFolder);
        var file = Path.Combine(cacheFolder, $"faces-{size}-{Hash(table):x16}.pack");
        var length = size * size * 3;
        if (File.Exists(file) && new FileInfo(file).Length == (long)length * table.Faces.Count)
        {
            return new PackedFaces(size, Read(file, table.Faces.Count, length));
        }
        var pictures = new byte[table.Faces.Count][];
        var done = 0;
        try
        {
            Parallel.For(0, pictures.Length, i =>
            {
                pictures[i] = Decode(table.Faces[i].Path, size);
                progress?.Invoke(Interlocked.Increment(ref done), pictures.Length);
            });
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<DataSetException>().FirstOrDefault() is { } first)
        {
            throw first;
        }
        Write(file, pictures);
        return new PackedFaces(size, pictures);
    }

    /// <summary>The packs of several tables as one, in their order.</summary>
    public static PackedFaces Mix(IReadOnlyList<PackedFaces> packs) =>
        packs.Count == 1 ? packs[0] : new PackedFaces(packs[0].Size, [.. packs.SelectMany(p => p._pictures)]);

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

    private static byte[][] Read(string file, int count, int length)
    {
        using var stream = File.OpenRead(file);
        var pictures = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            stream.ReadExactly(pictures[i] = new byte[length]);
        }
        return pictures;
    }

    private static void Write(string file, byte[][] pictures)
    {
        var temporary = $"{file}.{Environment.ProcessId}";
        using (var stream = File.Create(temporary))
        {
            foreach (var picture in pictures)
            {
                stream.Write(picture);
            }
        }
        File.Move(temporary, file, overwrite: true);
    }
}
