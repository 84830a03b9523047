using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace IpGan.Training.Recognisers;

/// <summary>A network's weights as packages for TensorFlow.js hold them: a manifest in JSON, alone or beside the graph, and bytes that it names.</summary>
internal static class TensorFlowWeights
{
    private sealed record Model([property: JsonRequired] Group[] WeightsManifest);

    private sealed record Group([property: JsonRequired] string[] Paths, [property: JsonRequired] Weight[] Weights);

    private sealed record Weight([property: JsonRequired] string Name, [property: JsonRequired] long[] Shape, Quantization? Quantization);

    // In half precision, or in bytes, value = byte · scale + min; a weight without it is in four bytes.
    private sealed record Quantization([property: JsonRequired] string Dtype, float Scale, float Min);

    /// <summary>Weights by name, in TensorFlow's order of axes.</summary>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static Dictionary<string, Tensor> Read(string file)
    {
        try
        {
            var weights = new Dictionary<string, Tensor>();
            foreach (var group in Groups(File.ReadAllBytes(file)))
            {
                ReadOnlySpan<byte> bytes = group.Paths.SelectMany(p => File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileName(p)))).ToArray();
                foreach (var weight in group.Weights)
                {
                    var values = new float[weight.Shape.Aggregate(1L, (a, b) => a * b)];
                    bytes = bytes[Fill(values, bytes, weight.Quantization)..];
                    weights.Add(weight.Name, tensor(values, weight.Shape));
                }
            }
            return weights;
        }
        catch (Exception e) when (e is JsonException or IndexOutOfRangeException or ArgumentException or IOException)
        {
            throw new InvalidDataException($"'{file}' and the files it names are not a network's weights: {e.Message}", e);
        }
    }

    private static Group[] Groups(ReadOnlySpan<byte> json) => json.TrimStart(" \t\r\n"u8).StartsWith("["u8)
        ? JsonSerializer.Deserialize<Group[]>(json, JsonSerializerOptions.Web) ?? []
        : JsonSerializer.Deserialize<Model>(json, JsonSerializerOptions.Web)?.WeightsManifest ?? [];

    // How many bytes were read.
    private static int Fill(float[] values, ReadOnlySpan<byte> bytes, Quantization? stored)
    {
        if (stored is null)
        {
            MemoryMarshal.Cast<byte, float>(bytes)[..values.Length].CopyTo(values);
            return values.Length * sizeof(float);
        }
        if (stored.Dtype == "float16")
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes)[..values.Length], values);
            return values.Length * sizeof(ushort);
        }
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = bytes[i] * stored.Scale + stored.Min;
        }
        return values.Length;
    }
}
