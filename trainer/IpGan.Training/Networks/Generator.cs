using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>
/// A 3×3 convolution whose weights are scaled by a style for each input channel and rescaled to unit variance for each output channel
/// (Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020, equations 1 and 3), written as scaling the
/// input and the output, so that one convolution serves the whole batch.
/// </summary>
public sealed class ModulatedConvolution : nn.Module<Tensor, Tensor, Tensor>
{
    internal const double Epsilon = 1e-8;

    internal ModulatedConvolution(string name, int inputs, int outputs, int style) : base(name)
    {
        Conv = Layers.Convolution(inputs, outputs, 3);
        Style = Layers.FullyConnected(style, inputs, gain: 0.5, bias: 1);
        RegisterComponents();
    }

    internal Conv2d Conv { get; }
    internal Linear Style { get; }

    /// <summary>x [N, C, H, W] and style vector w [N, S] (float32) → [N, C', H, W], after bias and leaky ReLU.</summary>
    public override Tensor forward(Tensor x, Tensor w)
    {
        using var scope = NewDisposeScope();
        var s = Style.forward(w);
        var power = Conv.weight.square().sum([2, 3]).t();
        var d = (s.square().matmul(power) + Epsilon).rsqrt() * Math.Sqrt(2);
        var y = nn.functional.conv2d(x * s.to(x.dtype).unsqueeze(-1).unsqueeze(-1), Conv.weight.to(x.dtype), null, [1, 1], [1, 1]);
        y = addcmul(Conv.bias!.to(x.dtype).view(1, -1, 1, 1), y, d.to(x.dtype).unsqueeze(-1).unsqueeze(-1), 1);
        return Layers.LeakyRelu(y).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// G: identity vector [N, D] and pose vector [N, P] → picture [N, 3, S, S], about [−1, 1]. The pose makes the 4×4 seed; identity and pose
/// together modulate every convolution. Each resolution has two convolutions; the second one already has the channels of the next
/// resolution, so that the wide half of the work is done before the pixels are quadrupled.
/// </summary>
public sealed class Generator : nn.Module<Tensor, Tensor, Tensor>
{
    /// <summary>A fresh generator.</summary>
    public Generator(NetworkSizes sizes) : base(nameof(Generator))
    {
        Sizes = sizes;
        var style = sizes.StyleDimension;
        PoseMap = Layers.FullyConnected(sizes.PoseDimension, 64);
        Map1 = Layers.FullyConnected(sizes.IdentityDimension + 64, style, gain: 1.4);
        Map2 = Layers.FullyConnected(style, style, gain: 1.4);
        Seed = Layers.FullyConnected(64, sizes.GeneratorChannels[4] * 16, gain: 1.4);
        using (no_grad())
        {
            // StyleGAN's learned constant. Without it a pose vector near the middle of the prior makes a picture without contrast.
            nn.init.normal_(Seed.bias!);
        }
        var first = new List<ModulatedConvolution>();
        var second = new List<ModulatedConvolution>();
        var pictures = new List<Conv2d>();
        for (var resolution = 4; resolution <= sizes.ImageSize; resolution *= 2)
        {
            var channels = sizes.GeneratorChannels[resolution];
            var next = resolution == sizes.ImageSize ? channels : sizes.GeneratorChannels[resolution * 2];
            first.Add(new("first", channels, channels, style));
            second.Add(new("second", channels, next, style));
            pictures.Add(Layers.Convolution(next, 3, 1, gain: 0.3));
        }
        First = nn.ModuleList(first.ToArray());
        Second = nn.ModuleList(second.ToArray());
        ToPicture = nn.ModuleList(pictures.ToArray());
        RegisterComponents();
    }

    internal NetworkSizes Sizes { get; }
    internal Linear PoseMap { get; }
    internal Linear Map1 { get; }
    internal Linear Map2 { get; }
    internal Linear Seed { get; }
    internal ModuleList<ModulatedConvolution> First { get; }
    internal ModuleList<ModulatedConvolution> Second { get; }
    internal ModuleList<Conv2d> ToPicture { get; }

    /// <summary>The type that the convolutions compute in.</summary>
    public ScalarType Precision { get; set; } = ScalarType.Float32;

    /// <inheritdoc />
    public override Tensor forward(Tensor identity, Tensor pose)
    {
        using var scope = NewDisposeScope();
        var p = Layers.LeakyRelu(PoseMap.forward(pose));
        var w = Layers.LeakyRelu(Map1.forward(cat([identity * Math.Sqrt(Sizes.IdentityDimension), p], 1)));
        w = Layers.LeakyRelu(Map2.forward(w));
        var x = Seed.forward(p).view(-1, Sizes.GeneratorChannels[4], 4, 4).to(Precision).ChannelsLast();
        Tensor? picture = null;
        for (var i = 0; i < First.Count; i++)
        {
            if (i > 0)
            {
                x = Layers.UpsampleBilinear(x);
            }
            x = Second[i].forward(First[i].forward(x, w), w);
            // Skip connections to the picture (StyleGAN2, figure 7b).
            var layer = Colours(x, ToPicture[i]);
            picture = picture is null ? layer : Layers.UpsampleBilinear(picture) + layer;
        }
        return picture!.MoveToOuterDisposeScope();
    }

    // A convolution of 1×1, as a product of matrices in float32: oneDNN's gradient of a bfloat16 convolution to three channels reads beyond its weights
    // (libtorch 2.10), so that noise or NaN comes back.
    private static Tensor Colours(Tensor x, Conv2d layer) =>
        nn.functional.linear(x.to(ScalarType.Float32).permute(0, 2, 3, 1), layer.weight.flatten(1), layer.bias).permute(0, 3, 1, 2);
}
