using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>
/// P: picture [N, 3, S, S] in [−1, 1] → pose vector [N, P], near a unit Gaussian. It looks at a grey copy with mean 0 and deviation 1, so
/// that light and colour cannot pass as pose.
/// </summary>
public sealed class PoseEncoder : nn.Module<Tensor, Tensor>
{
    /// <summary>ITU-R BT.601 luma.</summary>
    internal static readonly float[] Luma = [0.299f, 0.587f, 0.114f];

    /// <summary>Degrees a unit of the side head's output: yaw, pitch, roll.</summary>
    public static readonly float[] DegreesPerUnit = [45f, 30f, 20f];

    /// <summary>Angles in those units.</summary>
    internal static float[] Units(Data.HeadAngles angles) => [angles.Yaw / DegreesPerUnit[0], angles.Pitch / DegreesPerUnit[1], angles.Roll / DegreesPerUnit[2]];

    /// <summary>Keeps the division finite on a picture of one colour.</summary>
    internal const double ContrastEpsilon = 1e-4;

    /// <summary>A fresh encoder.</summary>
    public PoseEncoder(NetworkSizes sizes) : base(nameof(PoseEncoder))
    {
        Sizes = sizes;
        Trunk = CreateTrunk(sizes);
        Hidden = Layers.FullyConnected(sizes.PoseChannels[4] * 16, 128);
        Head = Layers.FullyConnected(128, sizes.PoseDimension);
        AngleHead = Layers.FullyConnected(sizes.PoseDimension, 3);
        RegisterComponents();
    }

    internal NetworkSizes Sizes { get; }
    internal ResidualTrunk Trunk { get; }
    internal Linear Hidden { get; }
    internal Linear Head { get; }
    internal Linear AngleHead { get; }

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Answer(Trunk.forward(NormalisedGrey(x))).MoveToOuterDisposeScope();
    }

    /// <summary>The pose vector [N, P] of what the trunk answers.</summary>
    internal Tensor Answer(Tensor levels)
    {
        using var scope = NewDisposeScope();
        var features = levels.to(ScalarType.Float32).contiguous().flatten(1);
        return Head.forward(Layers.LeakyRelu(Hidden.forward(features))).MoveToOuterDisposeScope();
    }

    /// <summary>A trunk of the same shape.</summary>
    internal static ResidualTrunk CreateTrunk(NetworkSizes sizes) => new("trunk", 1, sizes.ImageSize, sizes.PoseChannels);

    /// <summary>The side head: pose vector [N, P] → yaw/45, pitch/30, roll/20 [N, 3] (<see cref="DegreesPerUnit"/>).</summary>
    public Tensor Angles(Tensor pose) => AngleHead.forward(pose);

    /// <summary>The shortest steps [3, P] by which the side head reads a unit of one angle more and the others as before: (W·Wᵀ)⁻¹·W. The ridge matters for heads that were never trained.</summary>
    internal Tensor AngleSteps()
    {
        using var scope = NewDisposeScope();
        var weight = AngleHead.weight;
        return linalg.inv(weight.matmul(weight.t()) + eye(3, device: weight.device) * 1e-6).matmul(weight).MoveToOuterDisposeScope();
    }

    /// <summary>Luminance with mean 0 and deviation 1 in each picture: [N, 3, S, S] → [N, 1, S, S].</summary>
    internal static Tensor NormalisedGrey(Tensor x)
    {
        var grey = x[TensorIndex.Colon, 0..1] * Luma[0] + x[TensorIndex.Colon, 1..2] * Luma[1] + x[TensorIndex.Colon, 2..3] * Luma[2];
        var centred = grey - grey.mean([1, 2, 3], keepdim: true);
        var deviation = (centred.square().mean([1, 2, 3], keepdim: true) + ContrastEpsilon).sqrt();
        return centred / deviation;
    }
}
