using IpGan.Rendering.People;

namespace IpGan.Rendering.Views;

/// <summary>How yaw is drawn.</summary>
public enum YawDistribution
{
    /// <summary>Each angle as often as any other.</summary>
    Uniform,

    /// <summary>Frontal more often: normal, the largest yaw at 2.5 deviations.</summary>
    Normal,
}

/// <summary>The range that poses are drawn from, in degrees.</summary>
public sealed record PoseRange
{
    /// <summary>Largest yaw to both sides. 0 to 95.</summary>
    public float Yaw { get; init; } = 95;

    /// <summary>How yaw is drawn.</summary>
    public YawDistribution YawDistribution { get; init; }

    /// <summary>Largest pitch up and down; drawn from the middle more often (the mean of two uniform draws). 0 to 35.</summary>
    public float Pitch { get; init; } = 35;

    /// <summary>Largest roll to both sides; drawn as pitch. 0 to 25.</summary>
    public float Roll { get; init; } = 25;

    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public void Validate()
    {
        Check(Yaw, 95, "yaw");
        Check(Pitch, 35, "pitch");
        Check(Roll, 25, "roll");
    }

    internal HeadPose Draw(Draws draws) => new(
        YawDistribution == YawDistribution.Uniform ? draws.Between(-Yaw, Yaw) : draws.Normal() / Draws.LargestNormal * Yaw,
        (draws.Between(-Pitch, Pitch) + draws.Between(-Pitch, Pitch)) / 2,
        (draws.Between(-Roll, Roll) + draws.Between(-Roll, Roll)) / 2);

    private static void Check(float value, float most, string name)
    {
        if (!(value >= 0 && value <= most))
            throw new ArgumentException(FormattableString.Invariant($"The largest {name} is {value}; it must be 0 to {most} degrees."));
    }
}
