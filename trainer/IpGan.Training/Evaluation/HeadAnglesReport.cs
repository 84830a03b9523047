using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Networks;

namespace IpGan.Training.Evaluation;

/// <summary>How well poses are read from rendered heads, whose angles are exact, in one bin of |yaw|. Mean absolute errors, degrees.</summary>
/// <param name="From">Degrees of |yaw|, included.</param>
/// <param name="To">Degrees, excluded.</param>
/// <param name="Pictures">Pictures measured, mirrored ones included.</param>
/// <param name="YawError">Of the yaw that the pose encoder tells.</param>
/// <param name="PitchError">Of the pitch.</param>
/// <param name="RollError">Of the roll.</param>
/// <param name="TableYawError">Of the yaw at which the table from angles to pose vectors comes nearest to the picture's own vector.</param>
public sealed record HeadAnglesBin(double From, double To, int Pictures, double YawError, double PitchError, double RollError, double TableYawError);

/// <summary>The pose encoder against true angles: rendered heads of people that were never trained on.</summary>
public static class HeadAnglesReport
{
    private static readonly double[] BinEdges = [0, 15, 30, 45, 60, 75, 96];
    private const float YawStep = 2;

    /// <summary>What it is measured on.</summary>
    internal static List<int> Pictures(TrainingFaces heads)
    {
        var table = heads.Table.Faces;
        return [.. Enumerable.Range(0, table.Count).Where(i => table[i].Validation && table[i].Angles is not null)];
    }

    internal static DataSetException NoPictures(TrainingFaces heads) =>
        new($"'{heads.Table.Folder}' has no pictures of validation people with angles; trainer synthesize keeps every twentieth person, so make 20 or more.");

    /// <summary>Measures the averaged pose encoder.</summary>
    /// <param name="networks">The networks.</param>
    /// <param name="heads">A data set with exact angles, as <c>trainer synthesize</c> makes it.</param>
    /// <param name="anchors">The table from angles to pose vectors.</param>
    /// <exception cref="DataSetException">The set has no validation pictures with angles.</exception>
    public static IReadOnlyList<HeadAnglesBin> Measure(NetworkSet networks, TrainingFaces heads, PoseAnchors anchors)
    {
        var table = heads.Table.Faces;
        var indices = Pictures(heads);
        if (indices.Count == 0)
        {
            throw NoPictures(heads);
        }
        var vectors = new FaceVectors(networks, heads);
        var poses = vectors.Poses(indices).Concat(vectors.Poses(indices, mirror: true)).ToArray();
        var truth = indices.Select(i => table[i].Angles!.Value).Concat(indices.Select(i => table[i].Angles!.Value.Mirrored)).ToArray();
        var told = vectors.Angles(poses);
        var byTable = poses.Zip(truth, (p, a) => NearestYaw(anchors, p, a)).ToArray();
        return [.. from bin in Enumerable.Range(0, BinEdges.Length - 1)
                   let inside = Enumerable.Range(0, truth.Length).Where(i => Math.Abs(truth[i].Yaw) >= BinEdges[bin] && Math.Abs(truth[i].Yaw) < BinEdges[bin + 1]).ToList()
                   where inside.Count > 0
                   select new HeadAnglesBin(BinEdges[bin], BinEdges[bin + 1], inside.Count,
                       inside.Average(i => Math.Abs(told[i].Yaw - truth[i].Yaw)),
                       inside.Average(i => Math.Abs(told[i].Pitch - truth[i].Pitch)),
                       inside.Average(i => Math.Abs(told[i].Roll - truth[i].Roll)),
                       inside.Average(i => Math.Abs(byTable[i] - truth[i].Yaw)))];
    }

    // Pitch and roll as they are; the yaw whose vector in the table is nearest.
    private static float NearestYaw(PoseAnchors anchors, float[] pose, HeadAngles truth)
    {
        var reach = anchors.Reach;
        var (pitch, roll) = (Math.Clamp(truth.Pitch, reach.PitchMin, reach.PitchMax), Math.Clamp(truth.Roll, reach.RollMin, reach.RollMax));
        var (nearest, distance) = (0f, double.MaxValue);
        for (var yaw = reach.YawMin; yaw <= reach.YawMax; yaw += YawStep)
        {
            var d = System.Numerics.Tensors.TensorPrimitives.Distance<float>(anchors.Interpolate(yaw, pitch, roll), pose);
            if (d < distance)
            {
                (nearest, distance) = (yaw, d);
            }
        }
        return nearest;
    }
}
