using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Training.Finding;

/// <summary>The terms of the finder's loss. Every method returns a scalar.</summary>
internal static class FinderLosses
{
    /// <summary>
    /// Focal loss on cells, a sum over them: −(1−p)² log p in the middle of a face, −(1−h)⁴ p² log(1−p) elsewhere, h the heat (Zhou, Wang, Krähenbühl,
    /// "Objects as Points", 2019, equation 1).
    /// </summary>
    public static Tensor Score(Tensor logits, GridTargets targets)
    {
        var p = logits.sigmoid();
        var middle = targets.Heat.eq(1).to(ScalarType.Float32);
        var hit = (1 - p).square() * F.softplus(-logits) * middle;
        var miss = (1 - targets.Heat).pow(4) * p.square() * F.softplus(logits) * (1 - middle);
        return ((hit + miss) * targets.Counts).sum();
    }

    /// <summary>Smooth L1 on points, a sum over the cells that must tell a place.</summary>
    public static Tensor Points(Tensor places, GridTargets targets) => Distance(places, targets, 0, 4, 0.02);

    /// <summary>Smooth L1 on yaw / 90, a sum over the cells that must tell a place.</summary>
    public static Tensor Yaw(Tensor places, GridTargets targets) => Distance(places, targets, 4, 5, 0.05);

    private static Tensor Distance(Tensor places, GridTargets targets, int from, int to, double beta) =>
        (F.smooth_l1_loss(places[TensorIndex.Colon, from..to], targets.Places[TensorIndex.Colon, from..to], reduction: nn.Reduction.None, beta: beta)
            * targets.HasPlace).sum();
}
