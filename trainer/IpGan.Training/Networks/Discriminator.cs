using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>What a picture should show.</summary>
/// <param name="Identity">Unit vectors [N, D].</param>
/// <param name="Pose">Pose vectors [N, P].</param>
/// <param name="MixedIn">
/// [N, 1]: 1 for pictures of the kind that is mixed in (rendered heads among photos). Were D not told, the generator would mix the two looks.
/// </param>
public readonly record struct Condition(Tensor Identity, Tensor Pose, Tensor MixedIn)
{
    /// <summary>The same picture of anybody.</summary>
    public Condition OfAnybody => this with { Identity = zeros_like(Identity) };

    /// <summary>The conditions of some pictures.</summary>
    public Condition this[Range range] => new(Identity[range], Pose[range], MixedIn[range]);
}

/// <summary>
/// D: is this picture [N, 3, S, S] a photo of that person [N, D] in that pose [N, P]? Strided convolutions, the batch's deviation as one
/// more channel (Karras et al., "Progressive Growing of GANs", ICLR 2018, section 3), and a projection on the condition (Miyato and Koyama,
/// "cGANs with Projection Discriminator", ICLR 2018), so that a right face in a wrong pose is also fake.
/// </summary>
public sealed class Discriminator : nn.Module
{
    private const int Group = 4;
    private const int Width = 128;

    /// <summary>A fresh discriminator.</summary>
    public Discriminator(NetworkSizes sizes) : base(nameof(Discriminator))
    {
        Sizes = sizes;
        var channels = sizes.DiscriminatorChannels;
        FromPicture = Layers.Convolution(3, channels[sizes.ImageSize], 3);
        var down = new List<Conv2d>();
        for (var resolution = sizes.ImageSize; resolution > 4; resolution /= 2)
        {
            down.Add(Layers.Convolution(channels[resolution], channels[resolution / 2], 3));
        }
        Down = nn.ModuleList(down.ToArray());
        Last = Layers.Convolution(channels[4] + 1, Width, 3);
        Hidden = Layers.FullyConnected(Width * 16, Width, gain: 1.4);
        Score = Layers.FullyConnected(Width, 1);
        Condition = Layers.FullyConnected(sizes.IdentityDimension + sizes.PoseDimension, Width);
        MixedIn = nn.Parameter(zeros(Width));
        RegisterComponents();
    }

    internal NetworkSizes Sizes { get; }
    internal Conv2d FromPicture { get; }
    internal ModuleList<Conv2d> Down { get; }
    internal Conv2d Last { get; }
    internal Linear Hidden { get; }
    internal Linear Score { get; }
    internal Linear Condition { get; }
    internal Parameter MixedIn { get; }

    /// <summary>The type that the convolutions compute in.</summary>
    public ScalarType Precision { get; set; } = ScalarType.Float32;

    /// <summary>Scores [N]; positive: real.</summary>
    /// <param name="picture">[N, 3, S, S].</param>
    /// <param name="condition">Who, how, and of which kind of picture it should be.</param>
    public Tensor Judge(Tensor picture, Condition condition) => Rate(See(picture), condition);

    /// <summary>What pictures [N, 3, S, S] show, [N, 128], whatever they should show.</summary>
    public Tensor See(Tensor picture)
    {
        var x = Layers.LeakyRelu(FromPicture.Apply(picture.to(Precision)));
        foreach (var down in Down)
        {
            x = Layers.LeakyRelu(down.Apply(x, 2));
        }
        x = Layers.LeakyRelu(Last.Apply(cat([x, BatchDeviation(x)], 1)));
        return Layers.LeakyRelu(Hidden.forward(x.to(ScalarType.Float32).contiguous().flatten(1)));
    }

    /// <summary>Scores [N]; positive: real.</summary>
    /// <param name="seen">What <see cref="See"/> answered.</param>
    /// <param name="condition">As for <see cref="Judge"/>.</param>
    public Tensor Rate(Tensor seen, Condition condition)
    {
        var wanted = Condition.forward(cat([condition.Identity * Math.Sqrt(Sizes.IdentityDimension), condition.Pose], 1)) + condition.MixedIn * MixedIn;
        var projection = (seen * wanted).sum(1) / Math.Sqrt(Width);
        return Score.forward(seen).squeeze(1) + projection;
    }

    private static Tensor BatchDeviation(Tensor x)
    {
        var (n, c, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        if (n % Group != 0)
        {
            return zeros([n, 1, height, width], x.dtype, x.device);
        }
        // Pictures i, i + n/4, i + 2n/4 and i + 3n/4 form a group.
        var y = x.to(ScalarType.Float32).reshape(Group, n / Group, c, height, width);
        y = y - y.mean([0], keepdim: true);
        y = (y.square().mean([0]) + 1e-8).sqrt().mean([1, 2, 3], keepdim: true);
        return y.repeat(Group, 1, height, width).to(x.dtype);
    }
}
