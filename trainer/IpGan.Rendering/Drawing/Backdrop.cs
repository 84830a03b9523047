using System.Numerics;
using IpGan.Rendering.People;

namespace IpGan.Rendering.Drawing;

/// <summary>What is behind the head: a gradient, smooth noise, and some blurred shapes.</summary>
internal static class Backdrop
{
    private const int Lattice = 9;

    /// <summary>Fills a picture, linear light.</summary>
    public static void Draw(Draws draws, int size, Span<Vector3> picture)
    {
        var (from, to) = (Colour(draws), Colour(draws));
        if (draws.Chance(0.6))
            to = Vector3.Lerp(from, to, 0.35f);
        var (sin, cos) = MathF.SinCos(draws.Between(0, 2 * MathF.PI));
        var noise = new float[Lattice * Lattice];
        var strength = draws.Between(0, 0.5f);
        for (var i = 0; i < noise.Length; i++)
            noise[i] = 1 + (draws.Unit() - 0.5f) * strength;
        var shapes = new Shape[draws.Chance(0.5) ? draws.Below(7) : 0];
        for (var i = 0; i < shapes.Length; i++)
            shapes[i] = Shape.Draw(draws);

        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var (u, v) = ((x + 0.5f) / size, (y + 0.5f) / size);
                var colour = Vector3.Lerp(from, to, Math.Clamp((u - 0.5f) * cos + (v - 0.5f) * sin + 0.5f, 0, 1)) * Smooth(noise, u, v);
                foreach (ref readonly var shape in shapes.AsSpan())
                    colour = Vector3.Lerp(colour, shape.Colour, shape.Cover(u, v));
                picture[y * size + x] = colour;
            }
        }
    }

    private static Vector3 Colour(Draws draws)
    {
        var grey = MathF.Pow(draws.Unit(), 1.8f) * 0.9f + 0.01f;
        var saturation = draws.Chance(0.4) ? draws.Between(0, 0.8f) : draws.Between(0, 0.2f);
        return new Vector3(grey * (1 + saturation * (draws.Unit() - 0.5f)), grey * (1 + saturation * (draws.Unit() - 0.5f)), grey * (1 + saturation * (draws.Unit() - 0.5f)));
    }

    private static float Smooth(float[] noise, float u, float v)
    {
        var (x, y) = (u * (Lattice - 1.001f), v * (Lattice - 1.001f));
        var (column, row) = ((int)x, (int)y);
        var (right, down) = (Ease(x - column), Ease(y - row));
        var i = row * Lattice + column;
        return float.Lerp(float.Lerp(noise[i], noise[i + 1], right), float.Lerp(noise[i + Lattice], noise[i + Lattice + 1], right), down);
    }

    private static float Ease(float t) => t * t * (3 - 2 * t);

    // A disc or a bar with a blurred edge.
    private readonly record struct Shape(Vector2 Centre, Vector2 Half, float Blur, Vector3 Colour, bool Disc)
    {
        public static Shape Draw(Draws draws) => new(
            new Vector2(draws.Unit(), draws.Unit()),
            new Vector2(draws.Between(0.03f, 0.35f), draws.Between(0.03f, 0.5f)),
            draws.Between(0.02f, 0.15f),
            Backdrop.Colour(draws),
            draws.Chance(0.5));

        public float Cover(float u, float v)
        {
            var (x, y) = (Math.Abs(u - Centre.X), Math.Abs(v - Centre.Y));
            var outside = Disc
                ? (MathF.Sqrt(x * x / (Half.X * Half.X) + y * y / (Half.Y * Half.Y)) - 1) * Math.Min(Half.X, Half.Y)
                : Math.Max(x - Half.X, y - Half.Y);
            return Ease(Math.Clamp(0.5f - outside / (2 * Blur), 0, 1)) * 0.85f;
        }
    }
}
