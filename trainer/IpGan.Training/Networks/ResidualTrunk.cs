using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>
/// Two convolutions with batch normalisation beside a shortcut; with <c>down</c> set the first one halves the resolution and the shortcut is
/// averaged 2×2 (He et al., "Bag of Tricks for Image Classification", CVPR 2019, ResNet-D). A further block can be set into a trained trunk: it begins by
/// answering its input, as the scale of its last normalisation is 0 (Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1) and nothing bends the sum.
/// </summary>
public sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    internal ResidualBlock(string name, int inputs, int outputs, bool down, bool further = false) : base(name)
    {
        Down = down;
        Further = further;
        Conv1 = Layers.Convolution(inputs, outputs, 3, bias: false);
        Norm1 = nn.BatchNorm2d(outputs);
        Conv2 = Layers.Convolution(outputs, outputs, 3, bias: false);
        Norm2 = nn.BatchNorm2d(outputs);
        Shortcut = inputs == outputs ? null : Layers.Convolution(inputs, outputs, 1, bias: false, gain: 0.7);
        if (further)
        {
            nn.init.zeros_(Norm2.weight!);
        }
        RegisterComponents();
    }

    internal bool Down { get; }
    internal bool Further { get; }
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
        return (Further ? y + s : Layers.LeakyRelu(y + s)).MoveToOuterDisposeScope();
    }
}

/// <summary>Residual convolutions from a picture [N, C, S, S] to features [N, C₄, 4, 4]: the trunk of both encoders.</summary>
public sealed class ResidualTrunk : nn.Module<Tensor, Tensor>
{
    internal ResidualTrunk(string name, int inputs, int imageSize, IReadOnlyDictionary<int, int> channels, IReadOnlyDictionary<int, int> further) : base(name)
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
        // Named by where they stand, so that a file with fewer of them is seen to lack them.
        Further = nn.ModuleDict(further.SelectMany(f => Enumerable.Range(0, f.Value).Select(i =>
            ($"{f.Key}_{i}", new ResidualBlock("block", channels[f.Key], channels[f.Key], down: false, further: true)))).ToArray());
        _levels = [.. blocks.Select((block, i) =>
        {
            var side = FirstResolution(imageSize) >> i;
            return Enumerable.Range(0, further.GetValueOrDefault(side)).Select(n => Further[$"{side}_{n}"]).Prepend(block).ToArray();
        })];
        RegisterComponents();
    }

    /// <summary>Pixels a side after the stem. From 128 px on it quarters the sides, as ResNet's does: full resolution costs the most and tells the least.</summary>
    internal static int FirstResolution(int imageSize) => imageSize / (imageSize >= 128 ? 4 : 2);

    // Blocks by resolution, in the order in which a picture goes through them.
    private readonly ResidualBlock[][] _levels;

    internal int StemStride { get; }
    internal Conv2d Stem { get; }
    internal BatchNorm2d StemNorm { get; }
    internal ModuleList<ResidualBlock> Blocks { get; }
    internal ModuleDict<ResidualBlock> Further { get; }
    internal IEnumerable<ResidualBlock> InOrder => _levels.SelectMany(b => b);

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Levels(x)[^1].MoveToOuterDisposeScope();
    }

    /// <summary>The features of each resolution.</summary>
    internal List<Tensor> Levels(Tensor picture)
    {
        var levels = new List<Tensor>();
        // oneDNN's bfloat16 gradient for a picture of one channel is wrong (libtorch 2.10).
        var type = picture.dtype;
        var seen = Stem.weight.shape[1] == 1 ? Stem.Apply(picture.to(ScalarType.Float32), StemStride).to(type) : Stem.Apply(picture, StemStride);
        var y = Layers.LeakyRelu(StemNorm.forward(seen));
        foreach (var blocks in _levels)
        {
            levels.Add(y = blocks.Aggregate(y, (x, block) => block.forward(x)));
        }
        return levels;
    }
}
