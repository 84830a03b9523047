using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// How near G(I(a), P(a')) is to a': pixels, and what the identity encoder sees in them. Light is not in the vectors, so a' is recoloured as a; repeated edge
/// pixels are no part of a face.
/// </summary>
internal sealed class Likeness(NetworkSet networks, TrainingPreset preset, ScalarType precision) : IDisposable
{
    private readonly Tensor _centre = Losses.CentreWeight(preset.Sizes.ImageSize, networks.Device).DetachFromDisposeScope();

    /// <summary>The loss, weighted; its terms are noted.</summary>
    public Tensor Distance(Tensor drawn, FaceBatch a, FaceBatch other, Dictionary<string, double> terms)
    {
        var target = Losses.Recolour(other.Pictures, other.Masks, a.Pictures, a.Masks);
        var pixels = Losses.Reconstruction(drawn, target, other.Masks * _centre);
        // The discriminator's features would do as well (pix2pixHD), had it seen enough; a young one's draw seams into the face.
        IReadOnlyList<Tensor> wanted;
        using (no_grad())
        {
            wanted = Seen(target, other);
        }
        var features = Losses.Features(Seen(drawn, other), wanted);
        terms["L1"] = pixels.item<float>();
        terms["features"] = features.item<float>();
        return pixels * preset.Weights.Reconstruction + features * preset.Weights.Features;
    }

    /// <inheritdoc />
    public void Dispose() => _centre.Dispose();

    private List<Tensor> Seen(Tensor pictures, FaceBatch other) =>
        networks.AverageIdentity.Trunk.Levels((pictures * other.Masks).ChannelsLast().to(precision));
}
