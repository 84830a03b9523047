using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace IpGan.Training.Recognisers;

/// <summary>The weights of face-api's recogniser as its package holds them: a manifest in JSON, and bytes that it names.</summary>
internal static class FaceApiWeights
{
    private const string ManifestName = "face_recognition_model-weights_manifest.json";

    private sealed record Group([property: JsonRequired] string[] Paths, [property: JsonRequired] Weight[] Weights);

    private sealed record Weight([property: JsonRequired] string Name, [property: JsonRequired] long[] Shape, Quantization? Quantization);

    // In bytes, value = byte · scale + min; a weight without it is in float32.
    private sealed record Quantization([property: JsonRequired] float Scale, [property: JsonRequired] float Min);

    /// <summary>Weights by name, in TensorFlow's order of axes.</summary>
    /// <exception cref="InvalidDataException">A file is not there or is not what it should be.</exception>
    public static Dictionary<string, Tensor> Read(string folder)
    {
        var file = Path.Combine(folder, ManifestName);
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"There is no '{file}'. Give the folder 'model' of the npm package @vladmandic/face-api.");
        }
        try
        {
            var weights = new Dictionary<string, Tensor>();
            foreach (var group in JsonSerializer.Deserialize<Group[]>(File.ReadAllBytes(file), JsonSerializerOptions.Web) ?? [])
            {
                ReadOnlySpan<byte> bytes = group.Paths.SelectMany(p => File.ReadAllBytes(Path.Combine(folder, Path.GetFileName(p)))).ToArray();
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
            throw new InvalidDataException($"'{file}' and the files it names are not face-api's recogniser: {e.Message}", e);
        }
    }

    // How many bytes were read.
    private static int Fill(float[] values, ReadOnlySpan<byte> bytes, Quantization? stored)
    {
        if (stored is null)
        {
            MemoryMarshal.Cast<byte, float>(bytes)[..values.Length].CopyTo(values);
            return values.Length * sizeof(float);
        }
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = bytes[i] * stored.Scale + stored.Min;
        }
        return values.Length;
    }
}
