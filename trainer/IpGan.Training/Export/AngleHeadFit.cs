using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>
/// The pose encoder's side head of a model that was trained without angles: afterwards, by ridge regression of the angles on the pose vectors of training pictures
/// whose angles are known. The pose vectors stay what they are; what they tell of the angles can then be read, and asked for.
/// </summary>
public static class AngleHeadFit
{
    private const int Most = 6000;
    private const double Ridge = 1e-3;

    /// <summary>
    /// Fits the averaged pose encoder's head to some thousand training pictures; leaves it alone where angles taught it (where that is not known: if <paramref name="supervision"/> allows them), and where
    /// none are known.
    /// </summary>
    public static void Fit(NetworkSet networks, Supervision supervision, TrainingFaces faces)
    {
        if (networks.AnglesTaught ?? supervision == Supervision.IdentityAndPose)
        {
            return;
        }
        var random = new Random(6);
        var known = faces.Indices.Where(i => faces.Table.Faces[i].Angles is not null).OrderBy(_ => random.Next()).Take(Most).ToList();
        if (known.Count == 0)
        {
            return;
        }
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var poses = new FaceVectors(networks, faces).Poses(known);
        var x = tensor(poses.SelectMany(p => p).ToArray(), [known.Count, poses[0].Length]).to(ScalarType.Float64);
        var y = tensor(known.SelectMany(i => PoseEncoder.Units(faces.Table.Faces[i].Angles!.Value)).ToArray(), [known.Count, 3]).to(ScalarType.Float64);
        var (middle, mean) = (x.mean([0]), y.mean([0]));
        var centred = x - middle;
        var weight = linalg.solve(centred.t().matmul(centred) + eye(x.shape[1], dtype: ScalarType.Float64) * (Ridge * known.Count), centred.t().matmul(y - mean));
        var head = networks.AveragePose.AngleHead;
        head.weight.copy_(weight.t());
        head.bias!.copy_(mean - middle.matmul(weight));
        networks.AnglesTaught = true;
    }
}
