using System.Text.Json;

namespace IpGan.Tests;

/// <summary>A recogniser of face-api's layers with random weights, in the files of its package.</summary>
internal static class RandomFaceApi
{
    public static string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(3);
        var weights = new List<object>();
        using var bytes = new MemoryStream();
        void Bytes(string name, float range, params int[] shape)
        {
            var values = new byte[shape.Aggregate(1, (a, b) => a * b)];
            random.NextBytes(values);
            bytes.Write(values);
            weights.Add(new { name, shape, dtype = "float32", quantization = new { dtype = "uint8", scale = 2 * range / 255, min = -range } });
        }
        void Floats(string name, float value, int count)
        {
            for (var i = 0; i < count; i++)
            {
                bytes.Write(BitConverter.GetBytes(value));
            }
            weights.Add(new { name, shape = new[] { count }, dtype = "float32" });
        }
        void Layer(string name, int kernel, int inputs, int outputs)
        {
            Bytes($"{name}/conv/filters", MathF.Sqrt(6f / (kernel * kernel * inputs)), kernel, kernel, inputs, outputs);
            Bytes($"{name}/conv/bias", 0.1f, outputs);
            Floats($"{name}/scale/weights", 0.8f, outputs);
            Bytes($"{name}/scale/biases", 0.1f, outputs);
        }
        Layer("conv32_down", 7, 3, 32);
        var before = 32;
        foreach (var (width, blocks) in new (int, string[])[] { (32, ["1", "2", "3"]), (64, ["down", "1", "2", "3"]), (128, ["down", "1", "2"]), (256, ["down", "1", "2", "down_out"]) })
        {
            foreach (var block in blocks)
            {
                Layer($"conv{width}_{block}/conv1", 3, before, width);
                Layer($"conv{width}_{block}/conv2", 3, width, width);
                before = width;
            }
        }
        Bytes("fc", 0.1f, 256, 128);
        File.WriteAllBytes(Path.Combine(folder, "face_recognition_model.bin"), bytes.ToArray());
        File.WriteAllText(
            Path.Combine(folder, "face_recognition_model-weights_manifest.json"), JsonSerializer.Serialize(new[] { new { paths = new[] { "face_recognition_model.bin" }, weights } }));
        return folder;
    }
}
