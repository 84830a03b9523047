using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>
/// I: picture [N, 3, S, S] in [−1, 1] → identity vector [N, D], L2-normalised: the mean of the last layer's answers to the picture and to its mirror image, which is the
/// same person (as Parkhi, Vedaldi, Zisserman, "Deep Face Recognition", BMVC 2015, average crops and their mirror images). How long an answer is says how sure it is (Meng et al., "MagFace", CVPR 2021);
/// a constant that is added before the length is taken off, the lift, keeps that (<see cref="Pathways.IdentityLift"/>).
/// </summary>
public sealed class IdentityEncoder : nn.Module<Tensor, Tensor>
{
    /// <summary>A fresh encoder.</summary>
    public IdentityEncoder(NetworkSizes sizes) : base(nameof(IdentityEncoder))
    {
        Sizes = sizes;
        Trunk = CreateTrunk(sizes);
        Head = Layers.FullyConnected(sizes.IdentityChannels[4] * 16, sizes.IdentityDimension);
        Lift = zeros(sizes.IdentityDimension);
        RegisterComponents();
    }

    // As before the last layer of ArcFace's networks (Deng et al., CVPR 2019, section 3.1): few people are learnt by heart easily.
    private const double Dropout = 0.3;

    internal NetworkSizes Sizes { get; }
    internal ResidualTrunk Trunk { get; }
    internal Linear Head { get; }
    internal Tensor Lift { get; }

    /// <summary>Features [N, C₄] of pictures: the last convolution's, averaged over the picture.</summary>
    public Tensor Features(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Trunk.forward(x).to(ScalarType.Float32).mean([2, 3]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Lifted(Answers(x)).MoveToOuterDisposeScope();
    }

    /// <summary>The means [N, D] of the last layer's answers to pictures and to their mirror images, of any length.</summary>
    internal Tensor Answers(Tensor x)
    {
        using var scope = NewDisposeScope();
        var answers = Answer(Trunk.forward(cat([x, x.flip(3)], 0).ChannelsLast())).chunk(2);
        return ((answers[0] + answers[1]) / 2).MoveToOuterDisposeScope();
    }

    /// <summary>The last layer's answer [N, D], of any length, to the trunk's.</summary>
    internal Tensor Answer(Tensor levels)
    {
        using var scope = NewDisposeScope();
        // The layout of the flattened features must not depend on the memory layout, or the export would differ.
        var features = levels.to(ScalarType.Float32).contiguous().flatten(1);
        features = nn.functional.dropout(features, Dropout, training);
        return Head.forward(features).MoveToOuterDisposeScope();
    }

    /// <summary>Identity vectors of answers.</summary>
    internal Tensor Lifted(Tensor answers) => Unit(answers + Lift);

    /// <summary>Directions of answers.</summary>
    internal static Tensor Unit(Tensor answers) => nn.functional.normalize(answers, p: 2, dim: 1);

    /// <summary>A trunk of the same shape.</summary>
    internal static ResidualTrunk CreateTrunk(NetworkSizes sizes) => new("trunk", 3, sizes.ImageSize, sizes.IdentityChannels);
}
