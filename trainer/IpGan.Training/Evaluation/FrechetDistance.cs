using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>
/// |m − m'|² + tr(C + C' − 2 (C C')^½) between Gaussians through two sets of features (Heusel et al., "GANs Trained by a Two Time-Scale Update Rule
/// Converge to a Local Nash Equilibrium", NeurIPS 2017, equation 6). The features are not Inception's, so the numbers compare with nobody else's.
/// </summary>
public static class FrechetDistance
{
    /// <summary>Between rows of features.</summary>
    public static double Between(IReadOnlyList<float[]> first, IReadOnlyList<float[]> second)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (mean1, covariance1) = Moments(first);
        var (mean2, covariance2) = Moments(second);
        // tr (C C')^½ = tr (C^½ C' C^½)^½, whose argument is symmetric.
        var root = Root(covariance1);
        var cross = Root(root.matmul(covariance2).matmul(root));
        return Math.Max(0, ((mean1 - mean2).square().sum() + covariance1.trace() + covariance2.trace() - 2 * cross.trace()).item<double>());
    }

    private static (Tensor Mean, Tensor Covariance) Moments(IReadOnlyList<float[]> rows)
    {
        var x = tensor(rows.SelectMany(r => r).ToArray(), [rows.Count, rows[0].Length]).to(ScalarType.Float64);
        var mean = x.mean([0]);
        var centred = x - mean;
        return (mean, centred.t().matmul(centred) / Math.Max(rows.Count - 1, 1));
    }

    private static Tensor Root(Tensor symmetric)
    {
        var (values, vectors) = linalg.eigh((symmetric + symmetric.t()) / 2);
        return vectors.matmul(values.clamp(min: 0).sqrt().diag()).matmul(vectors.t());
    }
}
