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

    /// <summary>Writes beside the file first and renames at the end: the file is complete or absent.</summary>
    public static void Write(string file, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        var list = tensors.Select(t => (t.Name, Value: t.Value.detach().cpu().contiguous())).ToList();
        var header = new Dictionary<string, object> { ["__metadata__"] = metadata };
        long offset = 0;
        foreach (var (name, value) in list)
        {
            var (typeName, _, size) = Find(t => t.Type == value.dtype, value.dtype.ToString());
            var length = value.numel() * size;
            header.Add(name, new { dtype = typeName, shape = value.shape, data_offsets = new[] { offset, offset + length } });
            offset += length;
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var temporary = $"{file}.{Environment.ProcessId}.part";
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
        var bytes = File.ReadAllBytes(file);
        if (bytes.Length < 8 || BinaryPrimitives.ReadUInt64LittleEndian(bytes) is var length && (length > (ulong)bytes.Length - 8))
        {
            throw new InvalidDataException($"'{file}' is not a complete safetensors file ({bytes.Length} bytes).");
        }
        var start = 8 + (int)length;
        var tensors = new Dictionary<string, Tensor>();
        var metadata = new Dictionary<string, string>();
        using var header = JsonDocument.Parse(bytes.AsMemory(8, (int)length));
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                metadata = entry.Value.Deserialize<Dictionary<string, string>>()!;
                continue;
            }
            var typeName = entry.Value.GetProperty("dtype").GetString()!;
            var shape = entry.Value.GetProperty("shape").Deserialize<long[]>()!;
            var offsets = entry.Value.GetProperty("data_offsets").Deserialize<int[]>()!;
            var (_, type, size) = Find(t => t.Name == typeName, typeName);
            var count = shape.Aggregate(1L, (a, b) => a * b);
            if (offsets[1] - offsets[0] != count * size || start + offsets[1] > bytes.Length)
            {
                throw new InvalidDataException($"'{file}': the data of '{entry.Name}' is not complete.");
            }
            var value = empty(shape, type);
            value.bytes = bytes.AsSpan(start + offsets[0], offsets[1] - offsets[0]);
            tensors.Add(entry.Name, value.DetachFromDisposeScope());
        }
        return (tensors, metadata);
    }

    private static (string Name, ScalarType Type, int Size) Find(Func<(string Name, ScalarType Type, int Size), bool> match, string what) =>
        Types.FirstOrDefault(match) is { Name: not null } found
            ? found
            : throw new InvalidDataException($"Tensors of type {what} are not kept; F32, F16 and I64 are.");
}
