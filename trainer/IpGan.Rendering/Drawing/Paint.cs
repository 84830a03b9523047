using System.Numerics;

namespace IpGan.Rendering.Drawing;

/// <summary>What a triangle of a layer looks like.</summary>
internal readonly struct Paint
{
    private readonly Layer _layer;
    private readonly int _corner;
    private readonly int _level;

    /// <param name="layer">The layer.</param>
    /// <param name="number">Which of its triangles.</param>
    /// <param name="triangle">The same on the picture.</param>
    public Paint(Layer layer, int number, in Triangle triangle)
    {
        (_layer, _corner) = (layer, 3 * number);
        var points = layer.Surface.TexturePoints;
        var (u, v) = (points[_corner + 1] - points[_corner], points[_corner + 2] - points[_corner]);
        var texels = Math.Abs(u.X * v.Y - u.Y * v.X) * layer.Texture.Width * layer.Texture.Height;
        _level = layer.Texture.Level(MathF.Sqrt(texels / triangle.Area));
    }

    /// <summary>The texture's colour times its alpha, and its alpha.</summary>
    /// <param name="weights">Of the three corners, in space.</param>
    public Vector4 Texel(Vector3 weights)
    {
        var points = _layer.Surface.TexturePoints;
        return _layer.Texture.Sample(points[_corner] * weights.X + points[_corner + 1] * weights.Y + points[_corner + 2] * weights.Z, _level);
    }

    /// <summary>Light that comes from here, times alpha; glass reflects whatever alpha is.</summary>
    public Vector3 Shade(Vector4 texel, Vector3 weights)
    {
        var corners = _layer.Surface.Corners;
        var (a, b, c) = (corners[_corner], corners[_corner + 1], corners[_corner + 2]);
        var (diffuse, specular) = (_layer.Diffuse, _layer.Specular);
        var light = diffuse[a] * weights.X + diffuse[b] * weights.Y + diffuse[c] * weights.Z;
        var shine = specular[a] * weights.X + specular[b] * weights.Y + specular[c] * weights.Z;
        return new Vector3(texel.X, texel.Y, texel.Z) * light + shine * (_layer.Glass ? 1 : texel.W);
    }
}
