using System.Numerics;
using System.Runtime.Intrinsics;

namespace IpGan.Rendering.Drawing;

/// <summary>What throws shadow: triangles over positions.</summary>
/// <param name="Surface">The triangles.</param>
/// <param name="Positions">Where its vertices are.</param>
/// <param name="Solid">By triangle: false if it is mostly holes, and left out. Null: a closed body, of which only what faces the light counts.</param>
internal readonly record struct Occluder(Surface Surface, Vector3[] Positions, bool[]? Solid = null);

/// <summary>How far light from one direction (parallel rays) gets.</summary>
/// <param name="size">Texels a side.</param>
internal sealed class DepthMap(int size)
{
    private readonly int _stride = size + Vector256<float>.Count;
    private static readonly Vector256<float> Offsets = Vector256.CreateSequence(0f, 1f);
    private readonly float[] _nearest = new float[size * (size + Vector256<float>.Count)];
    private Vector3[] _places = [];
    private Vector3 _right;
    private Vector3 _up;
    private Vector3 _towards;
    private Vector3 _centre;
    private float _scale;

    /// <summary>Draws the map.</summary>
    /// <param name="towards">Unit vector to the light.</param>
    /// <param name="centre">Middle of what matters.</param>
    /// <param name="radius">Half the side of what matters.</param>
    /// <param name="occluders">What is in the light's way.</param>
    public void Draw(Vector3 towards, Vector3 centre, float radius, ReadOnlySpan<Occluder> occluders)
    {
        _towards = towards;
        _right = Vector3.Normalize(Vector3.Cross(Math.Abs(towards.Y) < 0.9f ? Vector3.UnitY : Vector3.UnitX, towards));
        _up = Vector3.Cross(towards, _right);
        _centre = centre;
        _scale = size / (2 * radius);
        Array.Fill(_nearest, float.NegativeInfinity);
        foreach (var occluder in occluders)
        {
            var corners = occluder.Surface.Corners;
            if (_places.Length < occluder.Surface.Vertices)
                _places = new Vector3[occluder.Surface.Vertices];
            for (var v = 0; v < occluder.Surface.Vertices; v++)
                _places[v] = Place(occluder.Positions[v]);
            for (var t = 0; t < corners.Length; t += 3)
            {
                if (occluder.Solid is null || occluder.Solid[t / 3])
                    Draw(_places[corners[t]], _places[corners[t + 1]], _places[corners[t + 2]], occluder.Solid is null);
            }
        }
    }

    /// <summary>True if the light reaches a point.</summary>
    public bool Reaches(Vector3 point, float bias)
    {
        var place = Place(point);
        var (x, y) = ((int)MathF.Floor(place.X), (int)MathF.Floor(place.Y));
        return x < 0 || y < 0 || x >= size || y >= size || _nearest[y * _stride + x] <= place.Z + bias;
    }

    /// <summary>The share of light that arrives at a point: 0 to 1, soft over three texels.</summary>
    /// <param name="point">The point.</param>
    /// <param name="bias">How far in front of it an occluder must be.</param>
    public float Visibility(Vector3 point, float bias)
    {
        var place = Place(point);
        var (x, y) = ((int)MathF.Floor(place.X - 0.5f), (int)MathF.Floor(place.Y - 0.5f));
        if (x < 1 || y < 1 || x >= size - 2 || y >= size - 2)
            return 1;
        var (right, up) = (place.X - 0.5f - x, place.Y - 0.5f - y);
        var limit = place.Z + bias;
        // A box of 3×3 texels around the point, its outer columns and rows weighted by how much of them it covers.
        float sum = 0;
        for (var row = -1; row <= 2; row++)
        {
            var weight = row == -1 ? 1 - up : row == 2 ? up : 1;
            var texels = _nearest.AsSpan((y + row) * _stride + x - 1, 4);
            var line = (texels[0] <= limit ? 1 - right : 0) + (texels[1] <= limit ? 1 : 0) + (texels[2] <= limit ? 1 : 0) + (texels[3] <= limit ? right : 0);
            sum += weight * line;
        }
        return sum / 9;
    }

    private Vector3 Place(Vector3 point)
    {
        var p = point - _centre;
        return new Vector3(Vector3.Dot(p, _right) * _scale + size / 2, Vector3.Dot(p, _up) * _scale + size / 2, Vector3.Dot(p, _towards));
    }

    private void Draw(Vector3 a, Vector3 b, Vector3 c, bool closed)
    {
        var area = (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
        if (Math.Abs(area) < 1e-8f || (closed && area < 0))
            return;
        var (low, high) = (Vector3.Min(a, Vector3.Min(b, c)), Vector3.Max(a, Vector3.Max(b, c)));
        int left = (int)Math.Max(0, MathF.Ceiling(low.X - 0.5f)), right = (int)Math.Min(size - 1, MathF.Floor(high.X - 0.5f));
        int bottom = (int)Math.Max(0, MathF.Ceiling(low.Y - 0.5f)), top = (int)Math.Min(size - 1, MathF.Floor(high.Y - 0.5f));
        if (left > right || bottom > top)
            return;
        var inverse = 1 / area;
        var (stepB, stepC) = ((c.Y - a.Y) * inverse, -(b.Y - a.Y) * inverse);
        var (riseB, riseC) = (-(c.X - a.X) * inverse, (b.X - a.X) * inverse);
        // Eight texels at once; rows are padded, so that the last ones may run over.
        var (stepsB, stepsC) = (Vector256.Create(stepB) * Offsets, Vector256.Create(stepC) * Offsets);
        for (var y = bottom; y <= top; y++)
        {
            var (px, py) = (left + 0.5f - a.X, y + 0.5f - a.Y);
            var wb = Vector256.Create(px * stepB + py * riseB) + stepsB;
            var wc = Vector256.Create(px * stepC + py * riseC) + stepsC;
            for (var x = left; x <= right; x += Vector256<float>.Count)
            {
                var wa = Vector256<float>.One - wb - wc;
                var inside = Vector256.GreaterThanOrEqual(Vector256.Min(wa, Vector256.Min(wb, wc)), Vector256<float>.Zero);
                if (inside != Vector256<float>.Zero)
                {
                    ref var texels = ref _nearest[y * _stride + x];
                    var old = Vector256.LoadUnsafe(ref texels);
                    var depth = wa * a.Z + wb * b.Z + wc * c.Z;
                    Vector256.ConditionalSelect(inside, Vector256.Max(old, depth), old).StoreUnsafe(ref texels);
                }
                wb += Vector256.Create(stepB * Vector256<float>.Count);
                wc += Vector256.Create(stepC * Vector256<float>.Count);
            }
        }
    }
}
