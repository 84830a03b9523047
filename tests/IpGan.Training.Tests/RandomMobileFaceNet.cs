using System.Text.Json;

namespace IpGan.Tests;

/// <summary>A network of MobileFaceNet's layers with random weights, in the files of its package.</summary>
internal static class RandomMobileFaceNet
{
    private const string Body = "MobileFaceNet/MobileFaceNet/";
    private const string End = "MobileFaceNet/Logits/";

    public static string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(4);
        var weights = new List<object>();
        using var bytes = new MemoryStream();
        void Floats(string name, double range, params int[] shape)
        {
            for (var i = shape.Aggregate(1, (a, b) => a * b); i > 0; i--)
            {
                bytes.Write(BitConverter.GetBytes((float)((random.NextDouble() * 2 - 1) * range)));
            }
            weights.Add(new { name, shape, dtype = "float32" });
        }
        void Convolution(string name, int kernel, int inputs, int outputs, bool bent)
        {
            Floats($"{name}/Conv2D_weights", Math.Sqrt(6.0 / (kernel * kernel * inputs)), kernel, kernel, inputs, outputs);
            Floats($"{name}/Conv2D_bn_offset", 0.1, outputs);
            Slopes(name, outputs, bent);
        }
        void Depthwise(string name, int kernel, int channels, bool bent)
        {
            Floats($"{name}/depthwise_weights", Math.Sqrt(6.0 / (kernel * kernel)), kernel, kernel, channels, 1);
            Floats($"{name}/depthwise_bn_offset", 0.1, channels);
            Slopes(name, channels, bent);
        }
        void Slopes(string name, int channels, bool bent)
        {
            if (bent)
            {
                Floats($"{name}/mul", 0.1, channels);
            }
        }
        Convolution($"{Body}Conv2d_0", 3, 3, 64, bent: true);
        Depthwise($"{Body}SeparableConv2d", 3, 64, bent: true);
        Convolution($"{Body}Conv", 1, 64, 64, bent: false);
        var before = 64;
        foreach (var (group, blocks, wide, narrow) in new[] { (2, 5, 128, 64), (3, 1, 256, 128), (4, 6, 256, 128), (5, 1, 512, 128), (6, 2, 256, 128) })
        {
            for (var block = 0; block < blocks; block++)
            {
                var name = $"{Body}Conv2d_{group}_InvResBlock_{block}";
                Convolution($"{name}/Conv", 1, before, wide, bent: true);
                Depthwise($"{name}/SeparableConv2d", 3, wide, bent: true);
                Convolution($"{name}/Conv_1", 1, wide, narrow, bent: false);
                before = narrow;
            }
        }
        Convolution($"{Body}Conv2d_7", 1, before, 512, bent: true);
        Depthwise($"{End}SeparableConv2d", 7, 512, bent: false);
        Convolution($"{End}Conv", 1, 512, 512, bent: false);
        Convolution($"{End}LinearConv1x1", 1, 512, 192, bent: false);
        File.WriteAllBytes(Path.Combine(folder, "mobilefacenet.bin"), bytes.ToArray());
        File.WriteAllText(
            Path.Combine(folder, "mobilefacenet.json"), JsonSerializer.Serialize(new { format = "graph-model", weightsManifest = new[] { new { paths = new[] { "mobilefacenet.bin" }, weights } } }));
        return folder;
    }
}
