using System.Text.Json;

namespace IpGan.Models;

/// <summary>How far a table of anchors reaches, in degrees, ends included.</summary>
/// <param name="YawMin">Smallest yaw.</param>
/// <param name="YawMax">Largest yaw.</param>
/// <param name="PitchMin">Smallest pitch.</param>
/// <param name="PitchMax">Largest pitch.</param>
/// <param name="RollMin">Smallest roll.</param>
/// <param name="RollMax">Largest roll.</param>
public readonly record struct AnchorReach(float YawMin, float YawMax, float PitchMin, float PitchMax, float RollMin, float RollMax);

/// <summary>Angles beyond a table's reach; the message names the axis and the reach.</summary>
/// <param name="axis">"yaw", "pitch" or "roll".</param>
/// <param name="message">What is said to the caller.</param>
public sealed class AnglesOutOfReachException(string axis, string message) : Exception(message)
{
    /// <summary>Which of the angles.</summary>
    public string Axis { get; } = axis;
}

/// <summary>Pose vectors over a grid of yaw, pitch and roll (degrees), and what lies between them.</summary>
public sealed class PoseAnchors
{
    private readonly float[] _yaw;
    private readonly float[] _pitch;
    private readonly float[] _roll;
    private readonly float[][] _vectors;

    /// <summary>A table; roll runs fastest, then pitch, then yaw.</summary>
    /// <exception cref="ArgumentException">An axis is not ascending, or the vectors do not fill the grid.</exception>
    public PoseAnchors(float[] yaw, float[] pitch, float[] roll, float[][] vectors)
    {
        foreach (var (name, axis) in new[] { ("yaw", yaw), ("pitch", pitch), ("roll", roll) })
        {
            if (axis is null || axis.Length == 0 || !Array.TrueForAll(axis, float.IsFinite) || axis.Zip(axis.Skip(1)).Any(p => p.First >= p.Second))
            {
                throw new ArgumentException($"{name} must be ascending numbers.");
            }
        }
        if (vectors is null || vectors.Length != yaw.Length * pitch.Length * roll.Length)
        {
            throw new ArgumentException($"There are {vectors?.Length ?? 0} vectors for a grid of {yaw.Length} × {pitch.Length} × {roll.Length}.");
        }
        if (vectors.Any(v => v is null || v.Length != vectors[0]?.Length || v.Length == 0 || !Array.TrueForAll(v, float.IsFinite)))
        {
            throw new ArgumentException("All vectors must have the same number of finite numbers.");
        }
        (_yaw, _pitch, _roll, _vectors) = (yaw, pitch, roll, vectors);
    }

    private sealed record Table(float[] Yaw, float[] Pitch, float[] Roll, float[][] Vectors);

    /// <summary>Numbers in a pose vector.</summary>
    public int Dimension => _vectors[0].Length;

    /// <summary>How far the table reaches.</summary>
    public AnchorReach Reach => new(_yaw[0], _yaw[^1], _pitch[0], _pitch[^1], _roll[0], _roll[^1]);

    /// <summary>Reads a table: {"yaw": […], "pitch": […], "roll": […], "vectors": [[…], …]}.</summary>
    /// <exception cref="JsonException">Not JSON of this form.</exception>
    /// <exception cref="ArgumentException">See the constructor.</exception>
    public static PoseAnchors Parse(string json)
    {
        var table = JsonSerializer.Deserialize<Table>(json, Manifest.Json) ?? throw new JsonException("The table is empty.");
        return new PoseAnchors(table.Yaw, table.Pitch, table.Roll, table.Vectors);
    }

    /// <summary>The table as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(new Table(_yaw, _pitch, _roll, _vectors), JsonSerializerOptions.Web);

    /// <summary>The pose vector for angles in degrees, trilinear between the eight anchors around them.</summary>
    /// <exception cref="AnglesOutOfReachException">They lie outside the grid.</exception>
    /// <exception cref="ArgumentException">One is not finite.</exception>
    public float[] Interpolate(float yaw, float pitch, float roll)
    {
        var (y, ty) = Locate("yaw", _yaw, yaw);
        var (p, tp) = Locate("pitch", _pitch, pitch);
        var (r, tr) = Locate("roll", _roll, roll);
        var result = new float[Dimension];
        for (var corner = 0; corner < 8; corner++)
        {
            int dy = corner >> 2, dp = (corner >> 1) & 1, dr = corner & 1;
            var weight = (dy == 1 ? ty : 1 - ty) * (dp == 1 ? tp : 1 - tp) * (dr == 1 ? tr : 1 - tr);
            if (weight > 0)
            {
                var vector = _vectors[((y + dy) * _pitch.Length + p + dp) * _roll.Length + r + dr];
                for (var i = 0; i < result.Length; i++)
                {
                    result[i] += weight * vector[i];
                }
            }
        }
        return result;
    }

    private static (int Index, float Fraction) Locate(string name, float[] axis, float value)
    {
        if (!float.IsFinite(value))
        {
            throw new ArgumentException($"{name} is {value}; it must be a finite number of degrees.");
        }
        if (value < axis[0] || value > axis[^1])
        {
            throw new AnglesOutOfReachException(name, FormattableString.Invariant($"{name} {value}° is out of reach: this model's table covers {axis[0]}° to {axis[^1]}°."));
        }
        var upper = Array.FindIndex(axis, a => a >= value);
        return upper == 0 ? (0, 0) : (upper - 1, (value - axis[upper - 1]) / (axis[upper] - axis[upper - 1]));
    }
}
