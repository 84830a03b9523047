using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace IpGan.Training.Checkpoints;

/// <summary>
/// Named tensors in a file of the safetensors format: eight bytes of header length, a JSON header with type, shape and offsets, the raw
/// little-endian data. Readable from every framework, and nothing in it is executed.
/// </summary>
public static class SafeTensors
{
    private static readonly (string Name, ScalarType Type, int Size)[] Types =
        [("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("I64", ScalarType.Int64, 8)];

    private const string MetadataKey = "__metadata__";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true };

    private sealed record Entry(string Dtype, long[] Shape, long[] DataOffsets);

    /// <summary>Writes beside the file first and renames at the end: the file is complete or absent.</summary>
    public static void Write(string file, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        var list = tensors.Select(t => (t.Name, Value: t.Value.detach().cpu().contiguous())).ToList();
        var header = new Dictionary<string, object> { [MetadataKey] = metadata };
        long offset = 0;
        foreach (var (name, value) in list)
        {
            var (typeName, _, size) = Find(t => t.Type == value.dtype, value.dtype.ToString());
            var length = value.numel() * size;
            header.Add(name, new Entry(typeName, value.shape, [offset, offset + length]));
            offset += length;
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header, Json);
        // One name, so that what a killed process leaves is overwritten by the next.
        var temporary = $"{file}.part";
        using (var stream = File.Create(temporary))
        {
            Span<byte> start = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(start, (ulong)json.Length);
            stream.Write(start);
            stream.Write(json);
            foreach (var (_, value) in list)
            {
                stream.Write(value.bytes);
            }
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>Reads all tensors (on the CPU; the caller disposes them) and the metadata.</summary>
    /// <exception cref="InvalidDataException">The file is not complete, or not of this format.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(string file)
    {
        using var stream = File.OpenRead(file);
        var (entries, metadata) = ReadHeader(stream, file);
        var start = stream.Position;
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var (name, entry) in entries)
            {
                var (_, type, size) = Find(t => t.Name == entry.Dtype, entry.Dtype);
                var bytes = entry.DataOffsets is [var from, var to] && from >= 0 && to - from == entry.Shape.Aggregate((long)size, (a, b) => a * b)
                    && start + to <= stream.Length
                    ? new byte[to - from]
                    : throw new InvalidDataException($"'{file}': the data of '{name}' is not complete.");
                stream.Position = start + from;
                stream.ReadExactly(bytes);
                var value = empty(entry.Shape, type).DetachFromDisposeScope();
                tensors.Add(name, value);
                value.bytes = bytes;
            }
            return (tensors, metadata);
        }
        catch
        {
            foreach (var tensor in tensors.Values)
            {
                tensor.Dispose();
            }
            throw;
        }
    }

    /// <summary>Reads the metadata alone.</summary>
    /// <exception cref="InvalidDataException">The file is not of this format.</exception>
    public static Dictionary<string, string> ReadMetadata(string file)
    {
        using var stream = File.OpenRead(file);
        return ReadHeader(stream, file).Metadata;
    }

    // Leaves the stream where the data begins.
    private static (Dictionary<string, Entry> Entries, Dictionary<string, string> Metadata) ReadHeader(FileStream stream, string file)
    {
        Span<byte> start = stackalloc byte[8];
        if (stream.ReadAtLeast(start, 8, throwOnEndOfStream: false) < 8
            || BinaryPrimitives.ReadUInt64LittleEndian(start) is var length && length > (ulong)stream.Length - 8)
        {
            throw new InvalidDataException($"'{file}' is not a complete safetensors file ({stream.Length} bytes).");
        }
        var json = new byte[length];
        stream.ReadExactly(json);
        try
        {
            using var header = JsonDocument.Parse(json);
            var entries = new Dictionary<string, Entry>();
            var metadata = new Dictionary<string, string>();
            foreach (var property in header.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey)
                {
                    metadata = property.Value.Deserialize<Dictionary<string, string>>(Json) ?? metadata;
                }
                else
                {
                    entries.Add(property.Name, property.Value.Deserialize<Entry>(Json) ?? throw new JsonException($"'{property.Name}' is null."));
                }
            }
            return (entries, metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidDataException($"'{file}' is not a safetensors file: {e.Message}", e);
        }
    }

    private static (string Name, ScalarType Type, int Size) Find(Func<(string Name, ScalarType Type, int Size), bool> match, string what) =>
        Types.FirstOrDefault(match) is { Name: not null } found
            ? found
            : throw new InvalidDataException($"Tensors of type {what} are not kept; F32, F16 and I64 are.");
}
