using System.Numerics;
using IpGan.Rendering.People;

namespace IpGan.Rendering.Views;

/// <summary>A lamp far away.</summary>
/// <param name="Towards">Unit vector to it.</param>
/// <param name="Colour">Linear light.</param>
internal readonly record struct Lamp(Vector3 Towards, Vector3 Colour);

/// <summary>
/// Everything about a picture that is not the person, each drawn independently of the others: pose, how far the shoulders follow, expression, gaze,
/// lamps, ambient light, exposure, the camera's distance (0.6 to 2 m, so perspective as in portraits), background.
/// </summary>
internal sealed record View
{
    /// <summary>The pose.</summary>
    public required HeadPose Pose { get; init; }

    /// <summary>How far the shoulders turn with the head: 0 to 1.</summary>
    public required float ShouldersFollow { get; init; }

    /// <summary>Expression units and how much of each.</summary>
    public required IReadOnlyList<(string Unit, float Amount)> Expression { get; init; }

    /// <summary>Where the eyes look relative to the head, in radians: right of the picture, up.</summary>
    public required Vector2 Gaze { get; init; }

    /// <summary>The key lamp, which throws shadows, and the fill lamp, which does not.</summary>
    public required (Lamp Key, Lamp Fill) Lamps { get; init; }

    /// <summary>Ambient light from above and from below.</summary>
    public required (Vector3 Above, Vector3 Below) Ambient { get; init; }

    /// <summary>Factor on all light.</summary>
    public required float Exposure { get; init; }

    /// <summary>From the camera to the middle of the head, decimetres.</summary>
    public required float Distance { get; init; }

    /// <summary>Seed of the background.</summary>
    public required Draws Background { get; init; }

    /// <summary>Draws view number <paramref name="part"/> of a person.</summary>
    public static View Draw(int seed, int number, int part, PoseRange range)
    {
        var draws = Draws.For(seed, "view", number, part);
        return Draw(draws, range.Draw(draws));
    }

    /// <summary>Draws everything but the pose.</summary>
    public static View Draw(Draws draws, HeadPose pose)
    {
        var view = DrawRaw(draws, pose);
        return view with { Exposure = view.Exposure / view.Brightness() };
    }

    private static View DrawRaw(Draws draws, HeadPose pose) => new()
    {
        Pose = pose,
        ShouldersFollow = draws.Between(0.35f, 1),
        Expression = DrawExpression(draws),
        Gaze = new Vector2(Math.Clamp(draws.Normal() * 0.12f, -0.3f, 0.3f), Math.Clamp(draws.Normal() * 0.06f, -0.12f, 0.12f)),
        Lamps = DrawLamps(draws),
        Ambient = DrawAmbient(draws),
        Exposure = draws.Between(0.75f, 1.15f),
        Distance = 6 * MathF.Pow(20f / 6, draws.Unit()),
        Background = draws,
    };

    // What a camera's meter would say: the light on a head, from the front and half from the sides.
    private float Brightness()
    {
        float sum = 0;
        foreach (var normal in (ReadOnlySpan<Vector3>)[Vector3.UnitZ, new(0.7f, 0, 0.714f), new(-0.7f, 0, 0.714f)])
        {
            var light = (Ambient.Above + Ambient.Below) * 0.4f;
            foreach (var lamp in (ReadOnlySpan<Lamp>)[Lamps.Key, Lamps.Fill])
                light += lamp.Colour * Math.Max(0, Vector3.Dot(normal, lamp.Towards));
            sum += 0.2126f * light.X + 0.7152f * light.Y + 0.0722f * light.Z;
        }
        return sum / 3;
    }

    private static List<(string, float)> DrawExpression(Draws draws)
    {
        var units = new List<(string, float)>();
        void Both(string left, string right, float amount) => units.AddRange([(left, amount), (right, amount)]);
        if (draws.Chance(0.45))
        {
            var smile = draws.Between(0.2f, 1);
            units.Add(("mouth-corner-puller", smile));
            Both("eye-left-slit", "eye-right-slit", smile * draws.Between(0, 0.4f));
            if (draws.Chance(0.5))
                units.Add(("mouth-upward-retraction", smile * draws.Between(0.2f, 0.6f)));
        }
        else if (draws.Chance(0.25))
        {
            units.Add(("mouth-depression", draws.Between(0.1f, 0.7f)));
        }
        // Wide open and drawn apart at once, the teeth of the mesh come through the lips.
        if (draws.Chance(0.25))
            units.Add(("mouth-open", draws.Between(0.05f, units.Count > 0 ? 0.15f : 0.4f)));
        if (draws.Chance(0.15))
            units.Add((draws.Chance(0.5) ? "mouth-pursing" : "mouth-compression", draws.Between(0.2f, 0.7f)));
        if (draws.Chance(0.3))
            Both("eyebrows-left-up", "eyebrows-right-up", draws.Between(0.1f, 0.9f));
        else if (draws.Chance(0.3))
            Both("eyebrows-left-down", "eyebrows-right-down", draws.Between(0.1f, 0.9f));
        if (draws.Chance(0.3))
            Both("eye-left-opened-up", "eye-right-opened-up", draws.Between(0, 0.5f));
        else
            Both("eye-left-closure", "eye-right-closure", draws.Chance(0.06) ? 1 : draws.Between(0, 0.35f));
        return units;
    }

    private static (Lamp, Lamp) DrawLamps(Draws draws)
    {
        var (azimuth, height) = (draws.Between(-1.3f, 1.3f), draws.Between(-0.1f, 1.1f));
        var strength = draws.Between(0.5f, 1.6f);
        var key = new Lamp(Direction(azimuth, height), Warmth(draws.Normal() * 0.10f) * strength);
        var fill = new Lamp(Direction(-azimuth + draws.Normal() * 0.4f, draws.Between(-0.2f, 0.6f)), Warmth(draws.Normal() * 0.12f) * draws.Between(0.1f, 0.6f));
        return (key, fill);
    }

    private static (Vector3, Vector3) DrawAmbient(Draws draws)
    {
        var strength = draws.Between(0.35f, 0.8f);
        return (Warmth(draws.Normal() * 0.06f) * strength, Warmth(0.05f + draws.Normal() * 0.08f) * strength * draws.Between(0.4f, 0.9f));
    }

    private static Vector3 Direction(float azimuth, float height) =>
        new(MathF.Sin(azimuth) * MathF.Cos(height), MathF.Sin(height), MathF.Cos(azimuth) * MathF.Cos(height));

    // Above 0: towards a light bulb; below: towards the sky.
    private static Vector3 Warmth(float amount) => new(1 + amount, 1, 1 - 1.3f * amount);
}
