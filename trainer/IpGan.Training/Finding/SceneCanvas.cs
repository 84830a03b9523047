using System.Numerics;

namespace IpGan.Training.Finding;

/// <summary>The pixels of a scene while it is composed: colours in [0, 1], gamma-coded.</summary>
internal sealed class SceneCanvas(int width, int height)
{
    private const int CurvePoints = 1024;

    private Vector3[] _pixels = new Vector3[width * height];

    public int Width => width;

    public int Height => height;

    public ref Vector3 this[int x, int y] => ref _pixels[y * width + x];

    /// <summary>Bends light and colour of the whole picture, as cameras do, then blurs it and adds noise.</summary>
    public void Develop(Random random)
    {
        var gain = Vector3.One * Between(random, 0.6f, 1.3f) + Tint(random, 0.15f);
        var lift = new Vector3(Between(random, -0.12f, 0.12f));
        var gamma = MathF.Exp(Between(random, -0.4f, 0.4f));
        float[] curve = [.. Enumerable.Range(0, CurvePoints).Select(i => MathF.Pow((float)i / (CurvePoints - 1), gamma))];
        var grey = random.NextSingle() < 0.15f;
        for (var i = 0; i < _pixels.Length; i++)
        {
            var at = Vector3.Clamp(_pixels[i] * gain + lift, Vector3.Zero, Vector3.One) * (CurvePoints - 1);
            var colour = new Vector3(curve[(int)at.X], curve[(int)at.Y], curve[(int)at.Z]);
            _pixels[i] = grey ? new Vector3(Vector3.Dot(colour, new Vector3(0.299f, 0.587f, 0.114f))) : colour;
        }
        for (var pass = random.NextSingle() < 0.4f ? random.Next(1, 3) : 0; pass > 0; pass--)
        {
            Blur();
        }
        var noise = random.NextSingle() < 0.5f ? Between(random, 0, 0.05f) : 0;
        if (noise > 0)
        {
            // A picture's worth of numbers from Random would take longer than all the rest; these need not be good ones.
            var state = (uint)random.Next(1, int.MaxValue);
            float Next()
            {
                // Xorshift (Marsaglia, 2003).
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                return (state >> 8) * (2f / (1 << 24)) - 1;
            }
            for (var i = 0; i < _pixels.Length; i++)
            {
                _pixels[i] += new Vector3(Next(), Next(), Next()) * noise;
            }
        }
    }

    /// <summary>Puts the picture into the upper left of a square tensor; what is left over is 0, as the service leaves it.</summary>
    public float[] ToPlanes(int side)
    {
        var planes = new float[3 * side * side];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var colour = Vector3.Clamp(_pixels[y * width + x], Vector3.Zero, Vector3.One) * 2 - Vector3.One;
                var i = y * side + x;
                (planes[i], planes[side * side + i], planes[2 * side * side + i]) = (colour.X, colour.Y, colour.Z);
            }
        }
        return planes;
    }

    public static float Between(Random random, float from, float to) => from + random.NextSingle() * (to - from);

    public static Vector3 Tint(Random random, float strength) =>
        new Vector3(random.NextSingle() - 0.5f, random.NextSingle() - 0.5f, random.NextSingle() - 0.5f) * 2 * strength;

    // 1 2 1 across, then down.
    private void Blur()
    {
        var across = new Vector3[_pixels.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                across[y * width + x] = (this[Math.Max(0, x - 1), y] + this[x, y] * 2 + this[Math.Min(width - 1, x + 1), y]) / 4;
            }
        }
        var down = new Vector3[_pixels.Length];
        for (var y = 0; y < height; y++)
        {
            var (above, below) = (Math.Max(0, y - 1) * width, Math.Min(height - 1, y + 1) * width);
            for (var x = 0; x < width; x++)
            {
                down[y * width + x] = (across[above + x] + across[y * width + x] * 2 + across[below + x]) / 4;
            }
        }
        _pixels = down;
    }
}
