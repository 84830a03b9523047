using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>
/// The table from angles to pose vectors: for each point of a grid, locally weighted linear regression of the pose vector on the angles, over
/// the training pictures and their mirror images (Cleveland, "Robust Locally Weighted Regression", JASA 1979). The weights' width grows until
/// enough pictures count; beyond the pictures' own angles the local line is continued. Without angles there is one anchor only, the mean pose:
/// over pictures and their mirror images its yaw and roll are 0 by symmetry.
/// </summary>
public static class AnchorFit
{
    private const double EnoughPictures = 150;

    private static readonly float[] Yaw = [-90, -75, -60, -45, -30, -15, 0, 15, 30, 45, 60, 75, 90];
    private static readonly float[] Pitch = [-30, -15, 0, 15, 30];
    private static readonly float[] Roll = [-30, -15, 0, 15, 30];

    /// <summary>Fits the table to at most <paramref name="most"/> training pictures.</summary>
    public static PoseAnchors Fit(FaceVectors vectors, TrainingFaces faces, int most = 6000)
    {
        var table = faces.Table.Faces;
        var known = faces.Indices.Where(i => table[i].Angles is not null).ToList();
        var random = new Random(3);
        if (known.Count < EnoughPictures)
        {
            return Middle(vectors, [.. faces.Indices.OrderBy(_ => random.Next()).Take(most)]);
        }
        // Profiles are few: keep them all, and an even share of the rest.
        var wide = known.Where(i => Math.Abs(table[i].Angles!.Value.Yaw) > 25).ToList();
        var narrow = known.Except(wide).OrderBy(_ => random.Next()).Take(Math.Max(most - wide.Count, most / 2)).ToList();
        var used = wide.Concat(narrow).ToList();
        var poses = vectors.Poses(used, mirror: false).Concat(vectors.Poses(used, mirror: true)).ToArray();
        var angles = used.Select(i => table[i].Angles!.Value).Concat(used.Select(i => table[i].Angles!.Value.Mirrored)).ToArray();

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var x = tensor(angles.SelectMany(a => new[] { a.Yaw, a.Pitch, a.Roll }).ToArray(), [angles.Length, 3]).to(ScalarType.Float64);
        var y = tensor(poses.SelectMany(p => p).ToArray(), [poses.Length, poses[0].Length]).to(ScalarType.Float64);
        var grid = from yaw in Yaw from pitch in Pitch from roll in Roll select Point(x, y, [yaw, pitch, roll]);
        return new PoseAnchors(Yaw, Pitch, Roll, [.. grid]);
    }

    private static PoseAnchors Middle(FaceVectors vectors, List<int> used)
    {
        var poses = vectors.Poses(used, mirror: false).Concat(vectors.Poses(used, mirror: true)).ToArray();
        return new PoseAnchors([0], [0], [0], [[.. Enumerable.Range(0, poses[0].Length).Select(k => poses.Average(p => p[k]))]]);
    }

    private static float[] Point(Tensor x, Tensor y, double[] at)
    {
        using var scope = NewDisposeScope();
        var difference = (x - tensor(at)) / 15;
        for (var width = 0.5; ; width *= 1.25)
        {
            var weight = (difference.square().sum([1], keepdim: true) / (-2 * width * width)).exp();
            // Kish's effective sample size.
            if ((weight.sum().square() / (weight.square().sum() + 1e-300)).item<double>() < EnoughPictures && width < 16)
            {
                continue;
            }
            var design = cat([ones([x.shape[0], 1], ScalarType.Float64), difference], 1);
            var weighted = design * weight;
            var ridge = eye(4, dtype: ScalarType.Float64) * 1e-3 * weight.sum();
            ridge[0, 0] = 0;
            return linalg.solve(weighted.t().matmul(design) + ridge, weighted.t().matmul(y))[0].to(ScalarType.Float32).data<float>().ToArray();
        }
    }
}
