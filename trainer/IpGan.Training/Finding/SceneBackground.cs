using System.Numerics;
using static IpGan.Training.Finding.SceneCanvas;

namespace IpGan.Training.Finding;

/// <summary>What is in a scene beside faces: gradients, rough surfaces, shapes, stripes and writing, large and small.</summary>
internal static class SceneBackground
{
    public static void Draw(SceneCanvas canvas, Random random)
    {
        Surface(canvas, random);
        for (var n = random.Next(0, 14); n > 0; n--)
        {
            switch (random.Next(5))
            {
                case 0: Stripes(canvas, random); break;
                case 1: Writing(canvas, random); break;
                default: Shape(canvas, random); break;
            }
        }
    }

    public static Vector3 Colour(Random random)
    {
        var grey = Between(random, 0.03f, 0.97f);
        // Much in photos is of the colour of skin: it alone must not make a face.
        return random.Next(4) == 0
            ? new Vector3(0.95f, 0.72f, 0.58f) * Between(random, 0.25f, 1) + Tint(random, 0.08f)
            : Vector3.Clamp(new Vector3(grey) + Tint(random, random.Next(2) == 0 ? 0.35f : 0.08f), Vector3.Zero, Vector3.One);
    }

    // A gradient under noise of several scales: walls, trees, cloth.
    private static void Surface(SceneCanvas canvas, Random random)
    {
        var (from, to) = (Colour(random), Colour(random));
        var (sin, cos) = MathF.SinCos(Between(random, 0, 2 * MathF.PI));
        var rough = random.NextSingle() * random.NextSingle() * 0.9f;
        var coloured = random.Next(2) == 0;
        var noise = new List<(Lattice Lattice, float Strength)>();
        var longest = Math.Max(canvas.Width, canvas.Height);
        var strength = rough;
        for (var cells = random.Next(3, 12); cells < longest && noise.Count < 5; cells *= 2)
        {
            noise.Add((new Lattice(random, cells, coloured), strength));
            strength *= Between(random, 0.5f, 0.95f);
        }
        for (var y = 0; y < canvas.Height; y++)
        {
            var v = (float)y / longest;
            foreach (var (lattice, _) in noise)
            {
                lattice.MoveTo(v);
            }
            for (var x = 0; x < canvas.Width; x++)
            {
                var u = (float)x / longest;
                var colour = Vector3.Lerp(from, to, Math.Clamp((u - 0.5f) * cos + (v - 0.5f) * sin + 0.5f, 0, 1));
                foreach (var (lattice, amount) in noise)
                {
                    colour += lattice.At(u) * amount;
                }
                canvas[x, y] = colour;
            }
        }
    }

    // A turned disc or box, lit from one side; sometimes with smaller ones of another colour in it, as windows in a wall or buttons on a coat.
    private static void Shape(SceneCanvas canvas, Random random)
    {
        var size = canvas.Width * MathF.Exp(Between(random, -4, -0.7f));
        var centre = new Vector2(random.NextSingle() * canvas.Width, random.NextSingle() * canvas.Height);
        var half = new Vector2(size, size * Between(random, 0.3f, 1.6f));
        Fill(canvas, random, centre, half, Colour(random));
        for (var n = random.Next(3) == 0 ? random.Next(1, 6) : 0; n > 0; n--)
        {
            var inside = centre + new Vector2(Between(random, -0.7f, 0.7f), Between(random, -0.7f, 0.7f)) * half;
            Fill(canvas, random, inside, half * Between(random, 0.08f, 0.35f), Colour(random));
        }
    }

    private static void Fill(SceneCanvas canvas, Random random, Vector2 centre, Vector2 half, Vector3 colour)
    {
        var disc = random.Next(2) == 0;
        var edge = Math.Max(1, half.X * Between(random, 0.02f, 0.5f));
        var (sin, cos) = MathF.SinCos(Between(random, 0, MathF.PI));
        var shade = Between(random, -0.4f, 0.4f);
        var reach = half.Length() + edge;
        for (var y = Math.Max(0, (int)(centre.Y - reach)); y < Math.Min(canvas.Height, centre.Y + reach); y++)
        {
            for (var x = Math.Max(0, (int)(centre.X - reach)); x < Math.Min(canvas.Width, centre.X + reach); x++)
            {
                var d = new Vector2(x, y) - centre;
                var (u, v) = (d.X * cos + d.Y * sin, d.Y * cos - d.X * sin);
                var outside = disc
                    ? (MathF.Sqrt(u * u / (half.X * half.X) + v * v / (half.Y * half.Y)) - 1) * Math.Min(half.X, half.Y)
                    : Math.Max(Math.Abs(u) - half.X, Math.Abs(v) - half.Y);
                var cover = Math.Clamp(0.5f - outside / edge, 0, 1);
                canvas[x, y] = Vector3.Lerp(canvas[x, y], colour * (1 + shade * u / half.X), cover);
            }
        }
    }

    private static void Stripes(SceneCanvas canvas, Random random)
    {
        var (left, top) = (random.Next(canvas.Width), random.Next(canvas.Height));
        var (right, bottom) = (Math.Min(canvas.Width, left + random.Next(20, canvas.Width)), Math.Min(canvas.Height, top + random.Next(20, canvas.Height)));
        var (sin, cos) = MathF.SinCos(Between(random, 0, MathF.PI));
        var period = MathF.Exp(Between(random, 1.2f, 4));
        var (colour, share) = (Colour(random), Between(random, 0.2f, 0.8f));
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                var phase = (x * cos + y * sin) / period;
                if (phase - MathF.Floor(phase) < share)
                {
                    canvas[x, y] = colour;
                }
            }
        }
    }

    // Rows of small strokes.
    private static void Writing(SceneCanvas canvas, Random random)
    {
        var height = random.Next(4, 30);
        var colour = Colour(random);
        var (left, top) = (random.Next(canvas.Width), random.Next(canvas.Height));
        for (var line = random.Next(1, 6); line > 0 && top < canvas.Height; line--, top += height * 3 / 2)
        {
            for (var x = left; x < Math.Min(canvas.Width, left + height * 14); x += random.Next(height / 4, height) + 1)
            {
                var across = random.Next(2) == 0;
                var (w, h) = across ? (height / 2, Math.Max(1, height / 7)) : (Math.Max(1, height / 7), height);
                var start = top + random.Next(height / 2 + 1);
                for (var j = start; j < Math.Min(canvas.Height, start + h); j++)
                {
                    for (var i = x; i < Math.Min(canvas.Width, x + w); i++)
                    {
                        canvas[i, j] = colour;
                    }
                }
            }
        }
    }

    // Random numbers on a lattice, with straight lines between them.
    private sealed class Lattice(Random random, int cells, bool coloured)
    {
        private readonly Vector3[] _values = [.. Enumerable.Range(0, (cells + 2) * (cells + 2)).Select(_ =>
            coloured ? Tint(random, 0.5f) : new Vector3(random.NextSingle() - 0.5f))];

        private readonly Vector3[] _row = new Vector3[cells + 2];

        /// <summary>Goes to a row of the picture.</summary>
        public void MoveTo(float v)
        {
            var y = v * cells;
            var above = (int)y * _row.Length;
            for (var i = 0; i < _row.Length; i++)
            {
                _row[i] = Vector3.Lerp(_values[above + i], _values[above + _row.Length + i], y - (int)y);
            }
        }

        public Vector3 At(float u)
        {
            var x = u * cells;
            return Vector3.Lerp(_row[(int)x], _row[(int)x + 1], x - (int)x);
        }
    }
}
