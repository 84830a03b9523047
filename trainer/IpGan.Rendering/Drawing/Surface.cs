using System.Numerics;
using IpGan.Rendering.Assets;

namespace IpGan.Rendering.Drawing;

/// <summary>Triangles over vertices, with a texture coordinate for each corner. It has only the vertices that it uses.</summary>
internal sealed class Surface
{
    private Surface(int[] corners, Vector2[] texturePoints, int[] sources) => (Corners, TexturePoints, Sources) = (corners, texturePoints, sources);

    /// <summary>Three vertices for each triangle, counter-clockwise seen from outside.</summary>
    public int[] Corners { get; }

    /// <summary>As many texture coordinates.</summary>
    public Vector2[] TexturePoints { get; }

    /// <summary>By vertex: which one of the mesh that it was cut from it is.</summary>
    public int[] Sources { get; }

    /// <summary>Triangles.</summary>
    public int Triangles => Corners.Length / 3;

    /// <summary>Vertices.</summary>
    public int Vertices => Sources.Length;

    /// <summary>Cuts faces into triangles.</summary>
    public static Surface Create(IEnumerable<ObjCorner[]> faces, ReadOnlySpan<Vector2> texturePoints)
    {
        var (corners, points) = (new List<int>(), new List<Vector2>());
        var (numbers, sources) = (new Dictionary<int, int>(), new List<int>());
        foreach (var face in faces)
        {
            for (var i = 2; i < face.Length; i++)
            {
                foreach (var corner in (ReadOnlySpan<ObjCorner>)[face[0], face[i - 1], face[i]])
                {
                    if (!numbers.TryGetValue(corner.Vertex, out var number))
                    {
                        numbers.Add(corner.Vertex, number = sources.Count);
                        sources.Add(corner.Vertex);
                    }
                    corners.Add(number);
                    points.Add(corner.TexturePoint < 0 ? Vector2.Zero : texturePoints[corner.TexturePoint]);
                }
            }
        }
        return new Surface([.. corners], [.. points], [.. sources]);
    }

    /// <summary>The positions of its vertices, from those of the mesh that it was cut from.</summary>
    public void Gather(ReadOnlySpan<Vector3> mesh, Span<Vector3> positions)
    {
        for (var i = 0; i < Sources.Length; i++)
            positions[i] = mesh[Sources[i]];
    }

    /// <summary>Normals of vertices, smooth: the mean of the triangles around, weighted by their area.</summary>
    public void ComputeNormals(ReadOnlySpan<Vector3> positions, Span<Vector3> normals)
    {
        normals[..Vertices].Clear();
        for (var t = 0; t < Corners.Length; t += 3)
        {
            var (a, b, c) = (Corners[t], Corners[t + 1], Corners[t + 2]);
            var normal = Vector3.Cross(positions[b] - positions[a], positions[c] - positions[a]);
            normals[a] += normal;
            normals[b] += normal;
            normals[c] += normal;
        }
        foreach (ref var normal in normals[..Vertices])
            normal = normal == Vector3.Zero ? Vector3.UnitZ : Vector3.Normalize(normal);
    }
}
