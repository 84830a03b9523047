using IpGan.Models;

namespace IpGan.Training.Evaluation;

/// <summary>What comes when a pose is asked for by its angles, at one yaw; pitch and roll 0. Degrees.</summary>
/// <param name="Yaw">What was asked for.</param>
/// <param name="Seen">The mean yaw of the pictures, as the pose encoder reads it.</param>
/// <param name="Error">The mean absolute difference of the two.</param>
/// <param name="Pictures">Pictures drawn.</param>
public sealed record AskedYawBin(double Yaw, double Seen, double Error, int Pictures);

/// <summary>Angles in, angles out: people drawn at the poses of the table from angles to pose vectors.</summary>
public static class AskedYawReport
{
    private const float Step = 15;

    /// <summary>Measures; empty for a table that has no yaw to choose.</summary>
    /// <param name="vectors">Draws and sees.</param>
    /// <param name="identities">Identity vectors of the people, at least one.</param>
    /// <param name="anchors">The table.</param>
    public static IReadOnlyList<AskedYawBin> Measure(FaceVectors vectors, IReadOnlyList<float[]> identities, PoseAnchors anchors)
    {
        var reach = anchors.Reach;
        var bins = new List<AskedYawBin>();
        for (var yaw = reach.YawMin; yaw <= reach.YawMax && reach.YawMin < reach.YawMax; yaw += Step)
        {
            var pose = anchors.Interpolate(yaw, 0, 0);
            var (_, drawn) = vectors.OfDrawn(identities, [.. identities.Select(_ => pose)]);
            var seen = vectors.Angles(drawn);
            bins.Add(new AskedYawBin(yaw, seen.Average(a => a.Yaw), seen.Average(a => Math.Abs(a.Yaw - yaw)), identities.Count));
        }
        return bins;
    }
}
