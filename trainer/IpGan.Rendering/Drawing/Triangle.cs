using System.Numerics;
using System.Runtime.Intrinsics;

namespace IpGan.Rendering.Drawing;

/// <summary>A triangle on the picture: which samples it may cover, and how near it is there.</summary>
internal readonly struct Triangle
{
    // Weights of the second and third corner: linear over the picture.
    private readonly float _originB;
    private readonly float _originC;
    private readonly float _downB;
    private readonly float _downC;
    private readonly Vector3 _nearness;

    private Triangle(int left, int right, int top, int bottom, Vector3 a, Vector3 b, Vector3 c, float area)
    {
        (Left, Right, Top, Bottom, Area) = (left, right, top, bottom, Math.Abs(area));
        var inverse = 1 / area;
        (StepB, _downB) = ((c.Y - a.Y) * inverse, -(c.X - a.X) * inverse);
        (StepC, _downC) = (-(b.Y - a.Y) * inverse, (b.X - a.X) * inverse);
        (_originB, _originC) = ((0.5f - a.X) * StepB + (0.5f - a.Y) * _downB, (0.5f - a.X) * StepC + (0.5f - a.Y) * _downC);
        _nearness = new Vector3(a.Z, b.Z, c.Z);
    }

    /// <summary>First column that it may cover.</summary>
    public int Left { get; }

    /// <summary>Last column.</summary>
    public int Right { get; }

    /// <summary>First row.</summary>
    public int Top { get; }

    /// <summary>Last row.</summary>
    public int Bottom { get; }

    /// <summary>Twice its area, in samples.</summary>
    public float Area { get; }

    /// <summary>What the weight of the second corner changes by, a column to the right.</summary>
    public float StepB { get; }

    /// <summary>Of the third corner.</summary>
    public float StepC { get; }

    /// <summary>1/distance of its middle.</summary>
    public float MeanNearness => (_nearness.X + _nearness.Y + _nearness.Z) / 3;

    /// <summary>False if no sample sees it: turned away, outside, between samples, or a line.</summary>
    public static bool TryCreate(Layer layer, int number, int size, out Triangle triangle)
    {
        var corners = layer.Surface.Corners;
        var (a, b, c) = (layer.Screen[corners[3 * number]], layer.Screen[corners[3 * number + 1]], layer.Screen[corners[3 * number + 2]]);
        // Rows count downwards, so what faces the camera runs clockwise in numbers: a negative area.
        var area = (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
        triangle = default;
        if ((layer.TwoSided ? Math.Abs(area) : -area) < 1e-6f)
            return false;
        var (low, high) = (Vector3.Min(a, Vector3.Min(b, c)), Vector3.Max(a, Vector3.Max(b, c)));
        int left = (int)Math.Max(0, MathF.Ceiling(low.X - 0.5f)), right = (int)Math.Min(size - 1, MathF.Floor(high.X - 0.5f));
        int top = (int)Math.Max(0, MathF.Ceiling(low.Y - 0.5f)), bottom = (int)Math.Min(size - 1, MathF.Floor(high.Y - 0.5f));
        if (left > right || top > bottom)
            return false;
        triangle = new Triangle(left, right, top, bottom, a, b, c, area);
        return true;
    }

    /// <summary>Weights of the second and third corner at the middle of a sample.</summary>
    public (float B, float C) WeightsAt(int x, int y) => (_originB + x * StepB + y * _downB, _originC + x * StepC + y * _downC);

    /// <summary>1/distance; it is linear over the picture.</summary>
    public float Nearness(float a, float b, float c) => _nearness.X * a + _nearness.Y * b + _nearness.Z * c;

    /// <summary>As <see cref="Nearness(float, float, float)"/>, for eight samples.</summary>
    public Vector256<float> Nearness(Vector256<float> a, Vector256<float> b, Vector256<float> c) => a * _nearness.X + b * _nearness.Y + c * _nearness.Z;

    /// <summary>
    /// Weights in space. What is linear there is not on the picture: divide by the distance, interpolate, multiply.
    /// </summary>
    public Vector3 InSpace(float a, float b, float c, float nearness) => new Vector3(a, b, c) * _nearness / nearness;
}
