using System.Numerics;

namespace IpGan.Rendering.Drawing;

/// <summary>
/// A texture in linear light, colours multiplied by alpha (so that filtering does not bleed what transparent texels hold), with halved copies.
/// </summary>
internal sealed class Texture
{
    private readonly Vector4[][] _levels;
    private readonly int[] _widths;
    private readonly int[] _heights;

    // Halving ends here: no mesh shows a whole texture in fewer samples.
    private const int MostLevels = 5;

    /// <param name="width">Texels across.</param>
    /// <param name="height">Texels down.</param>
    /// <param name="texels">Row by row from the top; owned by the texture from now on.</param>
    public Texture(int width, int height, Vector4[] texels)
    {
        var levels = new List<Vector4[]> { texels };
        var (widths, heights) = (new List<int> { width }, new List<int> { height });
        while (widths[^1] > 8 && heights[^1] > 8 && levels.Count < MostLevels)
        {
            levels.Add(Halve(levels[^1], widths[^1], heights[^1]));
            widths.Add(widths[^1] / 2);
            heights.Add(heights[^1] / 2);
        }
        (_levels, _widths, _heights) = ([.. levels], [.. widths], [.. heights]);
    }

    /// <summary>Texels across.</summary>
    public int Width => _widths[0];

    /// <summary>Texels down.</summary>
    public int Height => _heights[0];

    /// <summary>The texels, row by row from the top.</summary>
    public ReadOnlySpan<Vector4> Texels => _levels[0];

    /// <summary>The level at which one texel covers about one sample.</summary>
    /// <param name="texelsPerSample">Along one side.</param>
    public int Level(float texelsPerSample) => texelsPerSample < 1.5f ? 0 : Math.Min(MathF.ILogB(texelsPerSample * 1.41f), _levels.Length - 1);

    /// <summary>Bilinear; the origin of texture coordinates is the lower left, and they are clamped.</summary>
    public Vector4 Sample(Vector2 point, int level)
    {
        var (texels, width, height) = (_levels[level], _widths[level], _heights[level]);
        var x = Math.Clamp(point.X * width - 0.5f, 0, width - 1.001f);
        var y = Math.Clamp((1 - point.Y) * height - 0.5f, 0, height - 1.001f);
        var (column, row) = ((int)x, (int)y);
        var (right, down) = (x - column, y - row);
        ref readonly var first = ref texels[row * width + column];
        var top = Vector4.Lerp(first, texels[row * width + column + 1], right);
        var bottom = Vector4.Lerp(texels[(row + 1) * width + column], texels[(row + 1) * width + column + 1], right);
        return Vector4.Lerp(top, bottom, down);
    }

    private static Vector4[] Halve(Vector4[] texels, int width, int height)
    {
        var (w, h) = (width / 2, height / 2);
        var half = new Vector4[w * h];
        for (var y = 0; y < h; y++)
        {
            for (var x = 0; x < w; x++)
            {
                var i = 2 * y * width + 2 * x;
                half[y * w + x] = (texels[i] + texels[i + 1] + texels[i + width] + texels[i + width + 1]) * 0.25f;
            }
        }
        return half;
    }
}
