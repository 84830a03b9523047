using System.Runtime.InteropServices;
using IpGan.Onnx;
using IpGan.Training.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Training.Recognisers;

/// <summary>
/// The recogniser that described the photos of the data set at hand: dlib's residual network of 29 layers (after He et al., "Deep Residual Learning for Image Recognition", CVPR 2016) with the weights that the npm package
/// @vladmandic/face-api publishes (MIT).
/// </summary>
public sealed class FaceApiRecogniser : Recogniser
{
    private const string ManifestName = "face_recognition_model-weights_manifest.json";
    /// <summary>Pixels on a side of the pictures that its ONNX file takes.</summary>
    public const int Side = 128;

    private const int Seen = 150;
    private static readonly float[] MeanColour = [122.782f, 117.001f, 104.298f];
    private const string First = "conv32_down";
    private static readonly string[] Blocks =
    [
        "conv32_1", "conv32_2", "conv32_3", "conv64_down", "conv64_1", "conv64_2", "conv64_3", "conv128_down", "conv128_1", "conv128_2",
        "conv256_down", "conv256_1", "conv256_2", "conv256_down_out",
    ];

    private readonly Dictionary<string, Conv2d> _layers = [];
    private readonly Tensor _head;

    /// <summary>Reads the weights.</summary>
    /// <param name="folder">The package's folder <c>model</c>.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="InvalidDataException">A file is not there or is not what it should be.</exception>
    public FaceApiRecogniser(string folder, Device device)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var file = Path.Combine(folder, ManifestName);
        var weights = File.Exists(file) ? TensorFlowWeights.Read(file) : throw new InvalidDataException($"There is no '{file}'. Give the folder 'model' of the npm package @vladmandic/face-api.");
        try
        {
            foreach (var name in Blocks.SelectMany(b => new[] { $"{b}/conv1", $"{b}/conv2" }).Prepend(First))
            {
                _layers.Add(name, Layer(weights, name, device));
            }
            _head = weights["fc"].to(device).DetachFromDisposeScope();
            // Fits together, or says what does not.
            Descriptors(zeros([1, 3, Side, Side], device: device), zeros([1], device: device), zeros([1], device: device), ScalarType.Float32);
        }
        catch (Exception e) when (e is KeyNotFoundException or ArgumentException or ExternalException)
        {
            throw new InvalidDataException($"'{folder}' has other weights than face-api's recogniser: {e.Message.Split('\n')[0]}", e);
        }
    }

    /// <inheritdoc />
    public override Device Device => _head.device;

    /// <inheritdoc />
    public override double TellsTo => 70;

    /// <inheritdoc />
    public override RecogniserSquares Squares(Tensor yaw, Tensor roll) => RecogniserSquares.Usual(yaw);

    /// <inheritdoc />
    public override RecogniserSquares SquaresOf(Tensor pictures, Tensor yaw, Tensor roll, Tensor descriptors, ScalarType precision) =>
        RecogniserSquares.Find(this, pictures, yaw, descriptors, precision);

    /// <inheritdoc />
    public override Tensor Descriptors(Tensor pictures, RecogniserSquares squares, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        var x = RecogniserSquares.Sample(pictures, squares.Matrices(), Seen);
        x = x * 0.5 + tensor(Offset(), [1, 3, 1, 1], device: x.device);
        // The gradient of a bfloat16 convolution's three input channels is wrong (libtorch 2.10).
        x = F.max_pool2d(_layers[First].Apply(x, 2, padding: 0).relu().to(precision), 3, 2);
        x = Blocks.Aggregate(x, Block).to(ScalarType.Float32);
        return x.mean([2, 3]).matmul(_head).MoveToOuterDisposeScope();
    }

    /// <summary>The vectors as an ONNX file's bytes: inputs <c>image</c> [N, 3, 128, 128] and <c>yaw</c> [N], output <c>vector</c> [N, 128].</summary>
    /// <param name="centre">What is taken off every descriptor, 128 numbers: the mean over many people, so that cosines mean something.</param>
    public byte[] ToOnnx(float[] centre)
    {
        var graph = new OnnxGraph("recogniser");
        var x = Crop(graph, graph.Input("image", -1, 3, Side, Side), graph.Input("yaw", -1));
        x = graph.Add(graph.Multiply(x, 0.5), graph.Constant(Offset(), [1, 3, 1, 1], weight: false));
        x = graph.MaxPool3(Relu(graph, graph.Convolution(x, _layers[First], 2, padding: 0)));
        foreach (var block in Blocks)
        {
            x = Block(graph, x, block);
        }
        var vectors = graph.MatMul(graph.Reshape(graph.Mean(x, 2, 3), -1, x.Shape[1]), graph.Constant(Values(_head), _head.shape));
        graph.Output("vector", graph.Subtract(vectors, graph.Constant(centre, [1, Dimension], weight: false)));
        return graph.Build("1");
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var layer in _layers.Values)
            {
                layer.Dispose();
            }
            _head.Dispose();
        }
    }

    // Two convolutions beside a shortcut; where the resolution is halved, whichever side is smaller is filled up with zeros.
    private Tensor Block(Tensor x, string name)
    {
        var down = IsDown(name);
        var y = _layers[$"{name}/conv1"].Apply(x, down ? 2 : 1, padding: down ? 0 : null).relu();
        y = _layers[$"{name}/conv2"].Apply(y);
        if (!down)
        {
            return (y + x).relu();
        }
        var shortcut = F.avg_pool2d(x, 2);
        y = F.pad(y, (0, shortcut.shape[3] - y.shape[3], 0, shortcut.shape[2] - y.shape[2]));
        var more = y.shape[1] - shortcut.shape[1];
        return (y + (more == 0 ? shortcut : cat([shortcut, zeros([x.shape[0], more, .. shortcut.shape[2..]], dtype: x.dtype, device: x.device)], 1))).relu();
    }

    private OnnxValue Block(OnnxGraph graph, OnnxValue x, string name)
    {
        var down = IsDown(name);
        var y = Relu(graph, graph.Convolution(x, _layers[$"{name}/conv1"], down ? 2 : 1, padding: down ? 0 : null));
        y = graph.Convolution(y, _layers[$"{name}/conv2"]);
        if (!down)
        {
            return Relu(graph, graph.Add(y, x));
        }
        var shortcut = graph.AveragePool2(x);
        y = graph.PadTo(y, -1, y.Shape[1], shortcut.Shape[2], shortcut.Shape[3]);
        return Relu(graph, graph.Add(y, graph.PadTo(shortcut, [.. y.Shape])));
    }

    private static bool IsDown(string block) => block.Contains("down", StringComparison.Ordinal);

    private static OnnxValue Relu(OnnxGraph graph, OnnxValue x) => graph.LeakyRelu(x, 0);

    private static OnnxValue Crop(OnnxGraph graph, OnnxValue picture, OnnxValue yaw)
    {
        var sine = graph.Reshape(graph.Sine(graph.Multiply(yaw, Math.PI / 180)), -1, 1, 1, 1);
        var zoom = graph.Add(graph.Multiply(graph.Absolute(sine), RecogniserSquares.ZoomTurned), graph.Scalar(RecogniserSquares.Zoom));
        var square = new float[Seen * Seen * 2];
        for (var i = 0; i < Seen * Seen; i++)
        {
            square[2 * i] = (i % Seen * 2 + 1f) / Seen - 1;
            square[2 * i + 1] = (i / Seen * 2 + 1f) / Seen - 1;
        }
        var centre = graph.Add(graph.Multiply(sine, graph.Constant([(float)RecogniserSquares.ShiftTurned, 0], [1, 1, 1, 2], weight: false)), graph.Constant([0, (float)RecogniserSquares.Up], [1, 1, 1, 2], weight: false));
        return graph.Sample(picture, graph.Add(graph.Multiply(graph.Constant(square, [1, Seen, Seen, 2], weight: false), zoom), centre));
    }

    // (conv(x) + b) · s + t as one convolution.
    private static Conv2d Layer(Dictionary<string, Tensor> weights, string name, Device device)
    {
        var filters = weights[$"{name}/conv/filters"].permute(3, 2, 0, 1);
        var scale = weights[$"{name}/scale/weights"];
        var layer = nn.Conv2d(filters.shape[1], filters.shape[0], filters.shape[2]);
        layer.weight = new Parameter(filters * scale.view(-1, 1, 1, 1), requires_grad: false);
        layer.bias = new Parameter(weights[$"{name}/conv/bias"] * scale + weights[$"{name}/scale/biases"], requires_grad: false);
        return layer.to(device);
    }

    // ((x + 1) · 127.5 − mean) / 255 = x / 2 + this
    private static float[] Offset() => [.. MeanColour.Select(m => (127.5f - m) / 255)];

    private static float[] Values(Tensor tensor) => tensor.cpu().contiguous().data<float>().ToArray();
}
