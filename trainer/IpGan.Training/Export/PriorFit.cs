using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>The prior over identities that the generator's package carries: a Gaussian through the training people's identity vectors.</summary>
public static class PriorFit
{
    private const int Most = 4000;

    /// <summary>Fits mean and factor to one picture each of some thousand people.</summary>
    public static IdentityPrior Fit(FaceVectors vectors, TrainingFaces faces)
    {
        var random = new Random(4);
        var one = faces.Indices.GroupBy(i => faces.Table.Faces[i].Identity).Select(g => g.OrderBy(_ => random.Next()).First())
            .OrderBy(_ => random.Next()).Take(Most).ToList();
        var rows = vectors.Identities(one);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        int n = rows.Length, d = rows[0].Length;
        var x = tensor(rows.SelectMany(r => r).ToArray(), [n, d]).to(ScalarType.Float64);
        var mean = x.mean([0]);
        var centred = x - mean;
        // The ridge keeps the factor defined with fewer people than numbers.
        var covariance = centred.t().matmul(centred) / Math.Max(n - 1, 1) + eye(d, dtype: ScalarType.Float64) * 1e-6;
        var factor = linalg.cholesky(covariance);
        return new IdentityPrior(
            mean.to(ScalarType.Float32).data<float>().ToArray(), factor.to(ScalarType.Float32).contiguous().data<float>().ToArray());
    }
}
