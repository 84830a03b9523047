using IpGan.V1;

namespace IpGan.Client;

/// <summary>Angles of a head in degrees.</summary>
/// <param name="Yaw">Positive when the face looks towards the picture's right edge.</param>
/// <param name="Pitch">Positive when it looks up.</param>
/// <param name="Roll">Positive when the head turns counter-clockwise in the picture.</param>
public readonly record struct HeadAngles(float Yaw, float Pitch = 0, float Roll = 0)
{
    internal Angles ToMessage() => new() { Yaw = Yaw, Pitch = Pitch, Roll = Roll };

    internal static HeadAngles? From(Angles? message) => message is null ? null : new HeadAngles(message.Yaw, message.Pitch, message.Roll);
}

/// <summary>How a head shall be held.</summary>
public sealed class Pose
{
    private readonly RotationTarget _target;

    private Pose(RotationTarget target) => _target = target;

    /// <summary>By angles.</summary>
    public static Pose At(float yaw, float pitch = 0, float roll = 0) => At(new HeadAngles(yaw, pitch, roll));

    /// <summary>By angles.</summary>
    public static Pose At(HeadAngles angles) => new(new RotationTarget { Angles = angles.ToMessage() });

    /// <summary>As in a photo, of anybody.</summary>
    public static Pose Like(Photo photo) => new(new RotationTarget { Image = photo.ToMessage() });

    /// <summary>By a vector.</summary>
    public static Pose With(PoseVector vector) => new(new RotationTarget { Pose = vector.ToMessage() });

    /// <summary>By name.</summary>
    public static Pose Named(PosePreset preset) => new(new RotationTarget { Preset = preset });

    /// <summary>From one yaw to another in equal steps, both ends included: one picture a step, 2 to 64.</summary>
    public static Pose Sweep(float from, float to, int steps, float pitch = 0, float roll = 0) =>
        new(new RotationTarget { Sweep = new Sweep { YawFrom = from, YawTo = to, Steps = steps, Pitch = pitch, Roll = roll } });

    internal RotationTarget ToMessage() => _target;
}
