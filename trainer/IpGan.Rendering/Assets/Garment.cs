using System.Numerics;
using IpGan.Rendering.Drawing;

namespace IpGan.Rendering.Assets;

/// <summary>How much of a triangle its texture covers.</summary>
internal enum Cover : byte
{
    /// <summary>Part of it, or all of it partly.</summary>
    Mixed,

    /// <summary>Nothing.</summary>
    Clear,

    /// <summary>All of it.</summary>
    Full,
}

/// <summary>A mesh that is fitted to the head (hair, brows, lashes, eyes), with its texture.</summary>
internal sealed class Garment
{
    private readonly Lazy<int[]> _hidden;

    /// <param name="name">Its name.</param>
    /// <param name="fitted">Its mesh.</param>
    /// <param name="texture">Its texture.</param>
    /// <param name="skin">What it may hide.</param>
    /// <param name="baseShape">The base mesh.</param>
    public Garment(string name, FittedMesh fitted, Texture texture, Surface skin, Vector3[] baseShape)
    {
        (Name, Fitted, Texture) = (name, fitted, texture);
        Surface = Surface.Create(fitted.Mesh.Faces, fitted.Mesh.TexturePoints);
        Covers = [.. Enumerable.Range(0, Surface.Triangles).Select(t => CoverOf(Surface.TexturePoints.AsSpan(3 * t, 3), texture))];
        Solid = [.. Enumerable.Range(0, Surface.Triangles).Select(t => IsSolid(Surface.TexturePoints.AsSpan(3 * t, 3), texture))];
        _hidden = new Lazy<int[]>(() => FindHidden(skin, baseShape));
    }

    /// <summary>Its name, such as "bob01".</summary>
    public string Name { get; }

    /// <summary>Its mesh.</summary>
    public FittedMesh Fitted { get; }

    /// <summary>Its triangles.</summary>
    public Surface Surface { get; }

    /// <summary>Its texture.</summary>
    public Texture Texture { get; }

    /// <summary>By triangle: how much of it is there.</summary>
    public Cover[] Covers { get; }

    /// <summary>By triangle: true if it is rather there than not; strands and fringes are mostly holes.</summary>
    public bool[] Solid { get; }

    /// <summary>Vertices of the skin that lie under it, with all their neighbours. Drawn a little deeper, they never come through.</summary>
    public int[] Hidden => _hidden.Value;

    /// <summary>Where its surface's vertices are on a base mesh of this shape.</summary>
    public void Fit(ReadOnlySpan<Vector3> shape, Span<Vector3> positions) => Fitted.Fit(shape, Surface.Sources, positions);

    private static Cover CoverOf(ReadOnlySpan<Vector2> corners, Texture texture)
    {
        float least = 1, most = 0;
        var (low, high) = (Vector2.Min(corners[0], Vector2.Min(corners[1], corners[2])), Vector2.Max(corners[0], Vector2.Max(corners[1], corners[2])));
        int left = Column(low.X - 1f / texture.Width), right = Column(high.X + 1f / texture.Width);
        int top = Row(1 - high.Y - 1f / texture.Height), bottom = Row(1 - low.Y + 1f / texture.Height);
        for (var y = top; y <= bottom; y++)
        {
            foreach (var texel in texture.Texels.Slice(y * texture.Width + left, right - left + 1))
                (least, most) = (Math.Min(least, texel.W), Math.Max(most, texel.W));
        }
        return least > 0.99f ? Cover.Full : most < 0.01f ? Cover.Clear : Cover.Mixed;

        int Column(float u) => Math.Clamp((int)(u * texture.Width), 0, texture.Width - 1);
        int Row(float v) => Math.Clamp((int)(v * texture.Height), 0, texture.Height - 1);
    }

    private static bool IsSolid(ReadOnlySpan<Vector2> corners, Texture texture)
    {
        var middle = (corners[0] + corners[1] + corners[2]) / 3;
        var alpha = texture.Sample(middle, 0).W * 3;
        foreach (var corner in corners)
            alpha += texture.Sample((corner + middle) / 2, 0).W;
        return alpha > 3;
    }

    private int[] FindHidden(Surface skin, Vector3[] baseShape)
    {
        const float Above = 0.4f, Below = 0.08f;
        var (positions, normals, own) = (new Vector3[skin.Vertices], new Vector3[skin.Vertices], new Vector3[Surface.Vertices]);
        skin.Gather(baseShape, positions);
        skin.ComputeNormals(positions, normals);
        Fit(baseShape, own);
        var solid = Enumerable.Range(0, Surface.Triangles).Where(t => Solid[t]).ToArray();
        var under = new bool[skin.Vertices];
        Parallel.For(0, skin.Vertices, v =>
            under[v] = Array.Exists(solid, t => Meets(positions[v] - normals[v] * Below, normals[v], Above + Below,
                own[Surface.Corners[3 * t]], own[Surface.Corners[3 * t + 1]], own[Surface.Corners[3 * t + 2]])));
        var open = new bool[skin.Vertices];
        for (var t = 0; t < skin.Corners.Length; t += 3)
        {
            var corners = skin.Corners.AsSpan(t, 3);
            if (!under[corners[0]] || !under[corners[1]] || !under[corners[2]])
                (open[corners[0]], open[corners[1]], open[corners[2]]) = (true, true, true);
        }
        return [.. Enumerable.Range(0, skin.Vertices).Where(v => !open[v])];
    }

    // Möller, Trumbore: "Fast, Minimum Storage Ray/Triangle Intersection", Journal of Graphics Tools 2(1), 1997.
    private static bool Meets(Vector3 from, Vector3 direction, float length, Vector3 a, Vector3 b, Vector3 c)
    {
        var (ab, ac) = (b - a, c - a);
        var p = Vector3.Cross(direction, ac);
        var determinant = Vector3.Dot(ab, p);
        if (Math.Abs(determinant) < 1e-9f)
            return false;
        var t = from - a;
        var u = Vector3.Dot(t, p) / determinant;
        if (u < 0 || u > 1)
            return false;
        var q = Vector3.Cross(t, ab);
        var v = Vector3.Dot(direction, q) / determinant;
        var distance = Vector3.Dot(ac, q) / determinant;
        return v >= 0 && u + v <= 1 && distance >= 0 && distance <= length;
    }
}
