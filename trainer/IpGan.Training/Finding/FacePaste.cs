using System.Numerics;
using IpGan.Imaging;
using static IpGan.Training.Finding.SceneCanvas;

namespace IpGan.Training.Finding;

/// <summary>Puts a face's square into a scene: turned, scaled, lit, cut out along a soft edge, so that the square itself cannot be seen.</summary>
internal sealed class FacePaste
{
    // How far beyond its square a face is drawn, in sides: repeated edge pixels pass for hair and neck.
    private const float Extent = 0.85f;

    private readonly Vector3[] _pixels;
    private readonly int _size;

    /// <summary>The face's pixels, halved until they are at most twice as fine as the scene.</summary>
    /// <param name="rgb">size² interleaved pixels.</param>
    /// <param name="size">Pixels a side: a power of two.</param>
    /// <param name="side">Pixels a side that it will have.</param>
    /// <param name="mirror">Mirrored left to right.</param>
    public FacePaste(ReadOnlySpan<byte> rgb, int size, float side, bool mirror)
    {
        var pixels = new Vector3[size * size];
        for (var i = 0; i < pixels.Length; i++)
        {
            var from = mirror ? i / size * size + size - 1 - i % size : i;
            pixels[i] = new Vector3(rgb[3 * from], rgb[3 * from + 1], rgb[3 * from + 2]) / 255;
        }
        while (size > 2 * side && size > 8)
        {
            pixels = Halve(pixels, size);
            size /= 2;
        }
        (_pixels, _size) = (pixels, size);
    }

    /// <summary>Shuffles the face's parts: all that a face has, and no face.</summary>
    public void Scramble(Random random)
    {
        var parts = random.Next(2, 5);
        var part = _size / parts;
        var from = Enumerable.Range(0, parts * parts).ToArray();
        random.Shuffle(from);
        // Never the whole in its place.
        if (from.Where((f, i) => f == i).Count() > parts * parts / 2)
        {
            Array.Reverse(from);
        }
        var old = (Vector3[])_pixels.Clone();
        for (var i = 0; i < from.Length; i++)
        {
            for (var y = 0; y < part; y++)
            {
                for (var x = 0; x < part; x++)
                {
                    _pixels[(i / parts * part + y) * _size + i % parts * part + x] = old[(from[i] / parts * part + y) * _size + from[i] % parts * part + x];
                }
            }
        }
    }

    /// <summary>Draws it.</summary>
    /// <param name="canvas">The scene.</param>
    /// <param name="random">Cut, light.</param>
    /// <param name="centre">Where the square's middle comes.</param>
    /// <param name="side">Pixels a side.</param>
    /// <param name="turn">Radians; positive turns counter-clockwise in the picture.</param>
    /// <param name="whole">The bare square without a soft edge, as in a picture that is already cut.</param>
    public void Draw(SceneCanvas canvas, Random random, Vector2 centre, float side, float turn, bool whole)
    {
        var (sin, cos) = MathF.SinCos(turn);
        var light = Vector3.One * Between(random, 0.8f, 1.15f) + Tint(random, 0.06f);
        // A rounded outline: 2 is an ellipse, more comes nearer to the square.
        var power = Between(random, 2, 5);
        var radius = new Vector2(Between(random, 0.36f, 0.75f), Between(random, 0.45f, 0.8f));
        var soft = Between(random, 0.03f, 0.35f);
        var reach = side * (whole ? 0.5f : Extent) * (Math.Abs(cos) + Math.Abs(sin));
        for (var y = Math.Max(0, (int)(centre.Y - reach)); y < Math.Min(canvas.Height, centre.Y + reach); y++)
        {
            for (var x = Math.Max(0, (int)(centre.X - reach)); x < Math.Min(canvas.Width, centre.X + reach); x++)
            {
                var d = (new Vector2(x + 0.5f, y + 0.5f) - centre) / side;
                var p = new Vector2(d.X * cos - d.Y * sin, d.X * sin + d.Y * cos);
                if (Math.Abs(p.X) > (whole ? 0.5f : Extent) || Math.Abs(p.Y) > (whole ? 0.5f : Extent))
                {
                    continue;
                }
                var cover = whole ? 1 : Math.Clamp((1 - Norm(p / radius, power, soft)) / soft + 0.5f, 0, 1);
                if (cover > 0)
                {
                    canvas[x, y] = Vector3.Lerp(canvas[x, y], Sample(p.X + 0.5f, p.Y + 0.5f) * light, cover);
                }
            }
        }
    }

    /// <summary>Where a point of the square comes to lie.</summary>
    /// <param name="point">In fractions of the side.</param>
    /// <param name="centre">As for <see cref="Draw"/>.</param>
    /// <param name="side">As for <see cref="Draw"/>.</param>
    /// <param name="turn">As for <see cref="Draw"/>.</param>
    public static PicturePoint Move(PicturePoint point, Vector2 centre, float side, float turn)
    {
        var (sin, cos) = MathF.SinCos(turn);
        var (u, v) = (point.X - 0.5f, point.Y - 0.5f);
        return new PicturePoint(centre.X + side * (u * cos + v * sin), centre.Y + side * (v * cos - u * sin));
    }

    // (|x|ᵖ + |y|ᵖ)^(1/p), p at least 2: between the larger of the two and the length of the vector. Powers are slow, and needed at the edge only.
    private static float Norm(Vector2 at, float power, float soft)
    {
        at = Vector2.Abs(at);
        var (least, most) = (Math.Max(at.X, at.Y), at.Length());
        return least >= 1 + soft / 2 ? least
            : most <= 1 - soft / 2 ? most
            : MathF.Pow(MathF.Pow(at.X, power) + MathF.Pow(at.Y, power), 1 / power);
    }

    private Vector3 Sample(float u, float v)
    {
        var (x, y) = (Math.Clamp(u * _size - 0.5f, 0, _size - 1.001f), Math.Clamp(v * _size - 0.5f, 0, _size - 1.001f));
        var (column, row) = ((int)x, (int)y);
        var i = row * _size + column;
        return Vector3.Lerp(
            Vector3.Lerp(_pixels[i], _pixels[i + 1], x - column), Vector3.Lerp(_pixels[i + _size], _pixels[i + _size + 1], x - column), y - row);
    }

    private static Vector3[] Halve(Vector3[] pixels, int size)
    {
        var half = size / 2;
        var result = new Vector3[half * half];
        for (var i = 0; i < result.Length; i++)
        {
            var at = i / half * 2 * size + i % half * 2;
            result[i] = (pixels[at] + pixels[at + 1] + pixels[at + size] + pixels[at + size + 1]) / 4;
        }
        return result;
    }
}
