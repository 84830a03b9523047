using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>
/// Two convolutions with batch normalisation beside a shortcut; with <c>down</c> set the first one halves the resolution and the shortcut is
/// averaged 2×2 (He et al., "Bag of Tricks for Image Classification", CVPR 2019, ResNet-D).
/// </summary>
public sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    internal ResidualBlock(string name, int inputs, int outputs, bool down) : base(name)
    {
        Down = down;
        Conv1 = Layers.Convolution(inputs, outputs, 3, bias: false);
        Norm1 = nn.BatchNorm2d(outputs);
        Conv2 = Layers.Convolution(outputs, outputs, 3, bias: false);
        Norm2 = nn.BatchNorm2d(outputs);
        Shortcut = inputs == outputs ? null : Layers.Convolution(inputs, outputs, 1, bias: false, gain: 0.7);
        RegisterComponents();
    }

    internal bool Down { get; }
    internal Conv2d Conv1 { get; }
    internal BatchNorm2d Norm1 { get; }
    internal Conv2d Conv2 { get; }
    internal BatchNorm2d Norm2 { get; }
    internal Conv2d? Shortcut { get; }

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = Layers.LeakyRelu(Norm1.forward(Conv1.Apply(x, Down ? 2 : 1)));
        y = Norm2.forward(Conv2.Apply(y));
        var s = Down ? nn.functional.avg_pool2d(x, 2) : x;
        if (Shortcut is not null)
        {
            s = Shortcut.Apply(s);
        }
        return Layers.LeakyRelu(y + s).MoveToOuterDisposeScope();
    }
}

/// <summary>Residual convolutions from a picture [N, C, S, S] to features [N, C₄, 4, 4]: the trunk of both encoders.</summary>
public sealed class ResidualTrunk : nn.Module<Tensor, Tensor>
{
    internal ResidualTrunk(string name, int inputs, int imageSize, IReadOnlyDictionary<int, int> channels) : base(name)
    {
        var resolution = FirstResolution(imageSize);
        StemStride = imageSize / resolution;
        Stem = Layers.Convolution(inputs, channels[resolution], StemStride == 2 ? 3 : 7, bias: false);
        StemNorm = nn.BatchNorm2d(channels[resolution]);
        var blocks = new List<ResidualBlock> { new("block", channels[resolution], channels[resolution], down: false) };
        for (; resolution > 4; resolution /= 2)
        {
            blocks.Add(new("block", channels[resolution], channels[resolution / 2], down: true));
        }
        Blocks = nn.ModuleList(blocks.ToArray());
        RegisterComponents();
    }

    /// <summary>Pixels a side after the stem. From 128 px on it quarters the sides, as ResNet's does: full resolution costs the most and tells the least.</summary>
    internal static int FirstResolution(int imageSize) => imageSize / (imageSize >= 128 ? 4 : 2);

    internal int StemStride { get; }
    internal Conv2d Stem { get; }
    internal BatchNorm2d StemNorm { get; }
    internal ModuleList<ResidualBlock> Blocks { get; }

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Levels(x)[^1].MoveToOuterDisposeScope();
    }

    /// <summary>The features after each block.</summary>
    internal List<Tensor> Levels(Tensor x)
    {
        var levels = new List<Tensor>();
        // oneDNN's bfloat16 gradient for a picture of one channel is wrong (libtorch 2.10).
        var type = x.dtype;
        var seen = Stem.weight.shape[1] == 1 ? Stem.Apply(x.to(ScalarType.Float32), StemStride).to(type) : Stem.Apply(x, StemStride);
        var y = Layers.LeakyRelu(StemNorm.forward(seen));
        foreach (var block in Blocks)
        {
            levels.Add(y = block.forward(y));
        }
        return levels;
    }
}
