using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>The pose of one picture: a target, or a step of one. Exactly one of photo, angles and vector is there.</summary>
/// <param name="Target">The place in the request's targets.</param>
/// <param name="Name">The part of the request that it comes from.</param>
/// <param name="Photo">As in this photo.</param>
/// <param name="Angles">By angles.</param>
/// <param name="Vector">By a pose vector.</param>
internal sealed record PoseWish(int Target, string Name, Image? Photo, Angles? Angles, Embedding? Vector)
{
    /// <summary>Poses by name.</summary>
    public static IReadOnlyDictionary<PosePreset, Angles> Presets { get; } = new SortedDictionary<PosePreset, Angles>
    {
        [PosePreset.Frontal] = new Angles(),
        [PosePreset.ThreeQuarterLeft] = new Angles { Yaw = -40 },
        [PosePreset.ThreeQuarterRight] = new Angles { Yaw = 40 },
        [PosePreset.ProfileLeft] = new Angles { Yaw = -80 },
        [PosePreset.ProfileRight] = new Angles { Yaw = 80 },
        [PosePreset.Up] = new Angles { Pitch = 20 },
        [PosePreset.Down] = new Angles { Pitch = -20 },
    };

    /// <summary>One for each picture that valid targets ask for, in their order.</summary>
    public static List<PoseWish> Of(IReadOnlyList<RotationTarget> targets) => [.. targets.SelectMany((t, i) => Of(t, i, $"targets[{i}]"))];

    private static IEnumerable<PoseWish> Of(RotationTarget target, int index, string name) => target.TargetCase switch
    {
        RotationTarget.TargetOneofCase.Image => [new(index, $"{name}.image", target.Image, null, null)],
        RotationTarget.TargetOneofCase.Pose => [new(index, $"{name}.pose", null, null, target.Pose)],
        RotationTarget.TargetOneofCase.Preset => [new(index, $"{name}.preset", null, Presets[target.Preset], null)],
        RotationTarget.TargetOneofCase.Sweep => Of(target.Sweep, index, $"{name}.sweep"),
        _ => [new(index, $"{name}.angles", null, target.Angles, null)],
    };

    private static IEnumerable<PoseWish> Of(Sweep sweep, int index, string name) => Enumerable.Range(0, sweep.Steps).Select(step =>
    {
        var share = (double)step / (sweep.Steps - 1);
        var yaw = (float)(sweep.YawFrom * (1 - share) + sweep.YawTo * share);
        return new PoseWish(index, name, null, new Angles { Yaw = yaw, Pitch = sweep.Pitch, Roll = sweep.Roll }, null);
    });
}
