using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Checkpoints;

/// <summary>
/// Networks of twice the size from trained ones (Karras et al., "Progressive Growing of GANs", ICLR 2018). The encoders see at first what they saw, a picture
/// averaged 2×2; generator and discriminator keep all resolutions that they know and begin the new one afresh.
/// </summary>
internal static class Growth
{
    private const string Down = "discriminator.down.";

    /// <summary>True for 64 and 128 px. Where anything else differs, loading refuses the first tensor that does not fit.</summary>
    public static bool Fits(NetworkSizes stored, NetworkSizes wanted) => stored.ImageSize == 64 && wanted.ImageSize == 128;

    /// <summary>The tensors under the names and in the shapes of the larger networks; those that begin afresh are left out. Optimizers' moments are dropped.</summary>
    public static Dictionary<string, Tensor> Grow(Dictionary<string, Tensor> tensors)
    {
        var last = tensors.Keys.Where(k => !k.StartsWith("optimizer.", StringComparison.Ordinal) && k.Contains("generator.toPicture.", StringComparison.Ordinal)).Max(k => int.Parse(k.Split('.')[^2]));
        var grown = new Dictionary<string, Tensor>();
        foreach (var (name, value) in tensors)
        {
            if (name.StartsWith("optimizer.", StringComparison.Ordinal) || name.StartsWith("discriminator.fromPicture", StringComparison.Ordinal)
                || name.Contains($"generator.second.{last}.", StringComparison.Ordinal) || name.Contains($"generator.toPicture.{last}.", StringComparison.Ordinal))
            {
                value.Dispose();
            }
            else if (name.StartsWith(Down, StringComparison.Ordinal))
            {
                var parts = name[Down.Length..].Split('.');
                grown.Add($"{Down}{int.Parse(parts[0]) + 1}.{parts[1]}", value);
            }
            else if (name.EndsWith("trunk.stem.weight", StringComparison.Ordinal))
            {
                grown.Add(name, Stem(value));
                value.Dispose();
            }
            else
            {
                grown.Add(name, value);
            }
        }
        return grown;
    }

    // 3×3 on every other average of 2×2 pixels is 6×6 on every fourth pixel; of its 7×7 the first row and column are 0.
    private static Tensor Stem(Tensor weight)
    {
        using var scope = NewDisposeScope();
        var doubled = weight.repeat_interleave(2, 2).repeat_interleave(2, 3) / 4;
        return nn.functional.pad(doubled, (1, 0, 1, 0)).MoveToOuterDisposeScope();
    }
}
