using System.Globalization;
using System.Numerics;

namespace IpGan.Rendering.Assets;

/// <summary>A corner of a face: which vertex, and which texture coordinate (−1: none).</summary>
internal readonly record struct ObjCorner(int Vertex, int TexturePoint);

/// <summary>
/// A Wavefront OBJ as MakeHuman writes them: vertices, texture coordinates, groups, faces. Our own reader, because those at hand do not say
/// in which line a file is broken.
/// </summary>
internal sealed class ObjMesh
{
    private ObjMesh(Vector3[] vertices, Vector2[] texturePoints, Dictionary<string, List<ObjCorner[]>> groups) =>
        (Vertices, TexturePoints, Groups) = (vertices, texturePoints, groups);

    /// <summary>Positions; in MakeHuman's decimetres.</summary>
    public Vector3[] Vertices { get; }

    /// <summary>Texture coordinates, the origin at the lower left.</summary>
    public Vector2[] TexturePoints { get; }

    /// <summary>Faces by group; those before the first group are under "".</summary>
    public IReadOnlyDictionary<string, List<ObjCorner[]>> Groups { get; }

    /// <summary>All faces.</summary>
    public IEnumerable<ObjCorner[]> Faces => Groups.Values.SelectMany(g => g);

    /// <exception cref="AssetException">What is wrong, with file and line.</exception>
    public static ObjMesh Read(string path)
    {
        var text = AssetText.Open(path);
        var vertices = new List<Vector3>();
        var texturePoints = new List<Vector2>();
        var groups = new Dictionary<string, List<ObjCorner[]>>();
        var group = "";
        while (text.Next())
        {
            switch (text.Words[0])
            {
                case "v":
                    vertices.Add(text.Point(1));
                    break;
                case "vt":
                    texturePoints.Add(new Vector2(text.Number(1), text.Number(2)));
                    break;
                case "g":
                    group = text.Words.Length > 1 ? text.Words[1] : "";
                    break;
                case "f":
                    if (!groups.TryGetValue(group, out var faces))
                        groups.Add(group, faces = []);
                    faces.Add(ReadFace(text, vertices.Count, texturePoints.Count));
                    break;
                default:
                    // Normals, materials and smoothing groups are not used.
                    break;
            }
        }
        if (groups.Count == 0)
            throw new AssetException($"'{path}' has no faces; it should be a Wavefront OBJ.");
        return new ObjMesh([.. vertices], [.. texturePoints], groups);
    }

    private static ObjCorner[] ReadFace(AssetText text, int vertices, int texturePoints)
    {
        if (text.Words.Length < 4)
            throw text.Wrong($"a face needs three corners or more, but has {text.Words.Length - 1}");
        var corners = new ObjCorner[text.Words.Length - 1];
        for (var i = 0; i < corners.Length; i++)
        {
            var parts = text.Words[i + 1].Split('/');
            var texturePoint = parts.Length > 1 && parts[1].Length > 0 ? Number(text, parts[1], texturePoints, "texture coordinate") : -1;
            corners[i] = new ObjCorner(Number(text, parts[0], vertices, "vertex"), texturePoint);
        }
        return corners;
    }

    // Files count from 1; negative numbers count back from the last one.
    private static int Number(AssetText text, string word, int count, string what)
    {
        if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            var index = number < 0 ? count + number : number - 1;
            if (index >= 0 && index < count)
                return index;
        }
        throw text.Wrong($"'{word}' is no {what}: there are {count} so far");
    }
}
