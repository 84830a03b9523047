using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>
/// The table from angles to pose vectors: for each point of a grid, locally weighted linear regression of the pose vector on the angles, over
/// the training pictures and their mirror images (Cleveland, "Robust Locally Weighted Regression", JASA 1979). The weights' width grows until
/// enough pictures count; beyond the pictures' own angles the local line is continued. Without angles there is one anchor only, the mean pose:
/// over pictures and their mirror images its yaw and roll are 0 by symmetry. In the end the table is set by what is drawn from it: the generator
/// turns heads less far than their pose vectors say, or further, and each yaw of the table is moved until the pose encoder sees in the pictures what was asked for.
/// </summary>
public static class AnchorFit
{
    private const int Most = 6000;
    private const double EnoughPictures = 150;
    private const float EstimatesHoldUpTo = 60;
    private const int SetBy = 64;
    private const int SettingRounds = 3;
    private const double FurthestMove = 15;

    private static readonly float[] Yaw = [-90, -75, -60, -45, -30, -15, 0, 15, 30, 45, 60, 75, 90];
    private static readonly float[] Pitch = [-30, -15, 0, 15, 30];
    private static readonly float[] Roll = [-30, -15, 0, 15, 30];

    /// <summary>Fits the table to training pictures: to all that are turned, and to some thousands of the others of each set.</summary>
    /// <param name="networks">Whose averaged pose encoder sees them.</param>
    /// <param name="faces">The training faces.</param>
    /// <param name="heads">
    /// Rendered heads, whose angles are exact. With them, faces count up to ±60° of yaw only: beyond, the angles of photos are estimates that fail.
    /// </param>
    public static PoseAnchors Fit(NetworkSet networks, TrainingFaces faces, TrainingFaces? heads = null)
    {
        var samples = Samples(networks, faces, heads is null ? 180 : EstimatesHoldUpTo);
        if (heads is not null)
        {
            samples = [.. samples, .. Samples(networks, heads, 180)];
        }
        // Where nothing has taught the side head what angles are, it cannot say what is seen either.
        if (samples.Count < EnoughPictures || !(networks.AnglesTaught ?? faces.Indices.Any(i => faces.Table.Faces[i].Angles is not null)))
        {
            return Middle(networks, faces);
        }
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var x = tensor(samples.SelectMany(s => new[] { s.Angles.Yaw, s.Angles.Pitch, s.Angles.Roll }).ToArray(), [samples.Count, 3]).to(ScalarType.Float64);
        var y = tensor(samples.SelectMany(s => s.Pose).ToArray(), [samples.Count, samples[0].Pose.Length]).to(ScalarType.Float64);
        double[][] angles = [.. from yaw in Yaw from pitch in Pitch from roll in Roll select new double[] { yaw, pitch, roll }];
        return Set(networks, faces, [.. angles.Select(a => Point(x, y, a))], angles);
    }

    // What is seen at pitch and roll 0 goes for the others as well. Three rounds come within a degree, but for poses that the generator does not draw at all.
    private static PoseAnchors Set(NetworkSet networks, TrainingFaces faces, float[][] fitted, double[][] angles)
    {
        var random = new Random(4);
        var known = faces.Indices.Where(i => faces.Table.Faces[i].Angles is not null).ToList();
        known = known.Count > 0 ? known : [.. faces.Indices];
        // As people are mostly turned: from a frontal photo.
        known = known.Exists(i => faces.Table.Faces[i].Frontal) ? known.FindAll(i => faces.Table.Faces[i].Frontal) : known;
        var vectors = new FaceVectors(networks, faces);
        var people = vectors.Identities([.. Enumerable.Range(0, SetBy).Select(_ => known[random.Next(known.Count)])]);
        var moved = Yaw.ToDictionary(yaw => (double)yaw, _ => 0.0);
        PoseAnchors Table() => new(Yaw, Pitch, Roll, Exact(networks.AveragePose, fitted, [.. angles.Select(a => (double[])[a[0] + moved[a[0]], a[1], a[2]])]));
        for (var round = 0; round < SettingRounds; round++)
        {
            foreach (var bin in AskedYawReport.Measure(vectors, people, Table()))
            {
                moved[bin.Yaw] = Math.Clamp(moved[bin.Yaw] + bin.Yaw - bin.Seen, -FurthestMove, FurthestMove);
            }
        }
        return Table();
    }

    // The head is linear, a = W·p + b: p + Wᵀ(W·Wᵀ)⁻¹(a − W·p − b) is the nearest vector that it reads a from.
    private static float[][] Exact(PoseEncoder encoder, float[][] vectors, double[][] angles)
    {
        var p = tensor(vectors.SelectMany(v => v).ToArray(), [vectors.Length, vectors[0].Length]);
        var units = tensor(angles.SelectMany(a => PoseEncoder.Units(new HeadAngles((float)a[0], (float)a[1], (float)a[2]))).ToArray(), [angles.Length, 3]);
        var missing = units - encoder.Angles(p.to(encoder.AngleHead.weight.device)).cpu();
        return FaceVectors.Split(p + missing.matmul(encoder.AngleSteps().cpu()));
    }

    // Training pictures with known angles, and their mirror images.
    private static List<(HeadAngles Angles, float[] Pose)> Samples(NetworkSet networks, TrainingFaces faces, float largestYaw)
    {
        var table = faces.Table.Faces;
        var random = new Random(3);
        var known = faces.Indices.Where(i => table[i].Angles is { } a && Math.Abs(a.Yaw) <= largestYaw).ToList();
        // Profiles are few: keep them all, and an even share of the rest.
        var wide = known.Where(i => Math.Abs(table[i].Angles!.Value.Yaw) > 25).ToList();
        var narrow = known.Except(wide).OrderBy(_ => random.Next()).Take(Math.Max(Most - wide.Count, Most / 2)).ToList();
        var used = wide.Concat(narrow).ToList();
        var vectors = new FaceVectors(networks, faces);
        return [.. used.Select(i => table[i].Angles!.Value).Zip(vectors.Poses(used)),
            .. used.Select(i => table[i].Angles!.Value.Mirrored).Zip(vectors.Poses(used, mirror: true))];
    }

    private static PoseAnchors Middle(NetworkSet networks, TrainingFaces faces)
    {
        var random = new Random(3);
        var used = faces.Indices.OrderBy(_ => random.Next()).Take(Most).ToList();
        var vectors = new FaceVectors(networks, faces);
        var poses = vectors.Poses(used).Concat(vectors.Poses(used, mirror: true)).ToArray();
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
