using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>
/// How far the generator turns heads: less than their pose vectors say, as half-way poses cost the reconstruction the least. Its first layer is told of more yaw than was asked for, as much as
/// training people need in training poses until the pose encoder sees in the pictures what it saw in the references: p + d·((s − 1)·yaw(p) + t), d the shortest step by which the side head reads a
/// unit of yaw more, and pitch and roll as before. The pose space stays what it is.
/// </summary>
public static class TurnFit
{
    private const int References = 192;
    private const int Rounds = 3;
    // A generator that follows by less has not learnt to turn, and is not to be pushed to where it has never been.
    private const double LeastFollowed = 0.5;
    private const double MostStretched = 1.3;
    // Degrees.
    private const double MostShifted = 6;

    /// <summary>Fits the averaged generator; leaves it alone where nothing has taught the side head what yaw is (where that is not known: if no picture's angles are).</summary>
    public static void Fit(NetworkSet networks, TrainingFaces faces) => Fit(networks, faces, LeastFollowed);

    internal static void Fit(NetworkSet networks, TrainingFaces faces, double leastFollowed)
    {
        var all = faces.Indices.ToList();
        if (!(networks.AnglesTaught ?? all.Exists(i => faces.Table.Faces[i].Angles is not null)))
        {
            return;
        }
        var random = new Random(9);
        // As people are mostly turned: from a frontal photo.
        var sources = all.Exists(i => faces.Table.Faces[i].Frontal) ? all.FindAll(i => faces.Table.Faces[i].Frontal) : all;
        List<int> references = [.. Enumerable.Range(0, References).Select(_ => faces.DrawAny(random).Index)];
        var vectors = new FaceVectors(networks, faces);
        float[][] poses = [.. vectors.Poses(references), .. vectors.Poses(references, mirror: true)];
        var people = vectors.Identities([.. poses.Select(_ => sources[random.Next(sources.Count)])]);
        double[] Yaw(IReadOnlyList<float[]> of) => [.. vectors.Angles(of).Select(angles => (double)angles.Yaw)];
        var first = networks.AverageGenerator.PoseMap;
        using var _ = no_grad();
        using var weight = first.weight.clone();
        using var bias = first.bias!.clone();
        Set(Yaw(poses), (scale, shift) =>
        {
            first.weight.copy_(weight);
            first.bias!.copy_(bias);
            Turn(networks, scale, shift);
            return Yaw(vectors.OfDrawn(people, poses).Poses);
        }, leastFollowed);
    }

    /// <summary>Finds scale and shift, and leaves them set.</summary>
    /// <param name="asked">Yaws that were asked for, degrees.</param>
    /// <param name="draw">Sets a scale and a shift, and says which yaws are seen then.</param>
    /// <param name="leastFollowed">Degrees seen for one asked from where on it is done.</param>
    internal static (double Scale, double Shift) Set(double[] asked, Func<double, double, double[]> draw, double leastFollowed = LeastFollowed)
    {
        var (scale, shift) = (1.0, 0.0);
        var seen = draw(scale, shift);
        for (var round = 0; round < Rounds; round++)
        {
            // Least squares: seen = a + b·asked.
            var (x, y) = (asked.Average(), seen.Average());
            var b = asked.Zip(seen, (p, q) => (p - x) * (q - y)).Sum() / asked.Sum(p => (p - x) * (p - x));
            if (!(b >= leastFollowed))
            {
                break;
            }
            // What would have been seen as asked had to be asked for as (yaw − a) / b.
            (scale, shift) = (Math.Clamp(scale / b, 1 / MostStretched, MostStretched), Math.Clamp(shift - scale * (y - b * x) / b, -MostShifted, MostShifted));
            seen = draw(scale, shift);
        }
        return (scale, shift);
    }

    /// <summary>Puts both, the shift in degrees, into the generator's first layer, which is linear.</summary>
    internal static void Turn(NetworkSet networks, double scale, double shift)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (head, first) = (networks.AveragePose.AngleHead, networks.AverageGenerator.PoseMap);
        var moved = first.weight.matmul(networks.AveragePose.AngleSteps()[0]);
        first.weight.add_(moved.unsqueeze(1).matmul(head.weight[..1]) * (scale - 1));
        first.bias!.add_(moved * (head.bias![0] * (scale - 1) + shift / PoseEncoder.DegreesPerUnit[0]));
    }
}
