using System.Numerics;

namespace IpGan.Rendering.Assets;

/// <summary>
/// MakeHuman's <c>.mhclo</c> with its OBJ: a mesh (hair, brows, lashes, eyes) whose every vertex hangs on three vertices of the base mesh, by
/// weights and an offset, and so follows whatever shape that takes.
/// </summary>
internal sealed class FittedMesh
{
    private readonly record struct Binding(int A, int B, int C, Vector3 Weights, Vector3 Offset);

    // The offset scales with the distance of two base vertices along an axis; in the base mesh that distance is Rest.
    private readonly record struct Scale(int First, int Second, float Rest);

    private readonly Binding[] _bindings;
    private readonly Scale[] _scales;

    private FittedMesh(ObjMesh mesh, Binding[] bindings, Scale[] scales) => (Mesh, _bindings, _scales) = (mesh, bindings, scales);

    /// <summary>The mesh as it lies in its file; its positions are not used.</summary>
    public ObjMesh Mesh { get; }

    /// <exception cref="AssetException">What is wrong, with file and line.</exception>
    public static FittedMesh Read(string path, int baseVertices)
    {
        var text = AssetText.Open(path);
        var bindings = new List<Binding>();
        var scales = new Scale[] { new(0, 0, 0), new(0, 0, 0), new(0, 0, 0) };
        string? objFile = null;
        var inVertices = false;
        while (text.Next())
        {
            var word = text.Words[0];
            if (word == "obj_file" && text.Words.Length > 1)
                objFile = text.Words[1];
            else if (word is "x_scale" or "y_scale" or "z_scale")
                scales[word[0] - 'x'] = ReadScale(text, baseVertices);
            else if (word is "verts" or "weights" or "delete_verts")
                inVertices = word == "verts";
            else if (inVertices && char.IsAsciiDigit(word[0]))
                bindings.Add(ReadBinding(text, baseVertices));
        }
        if (objFile is null)
            throw new AssetException($"'{path}' has no line 'obj_file NAME'; it should be a MakeHuman .mhclo.");
        var mesh = ObjMesh.Read(Path.Combine(Path.GetDirectoryName(path)!, objFile));
        if (bindings.Count != mesh.Vertices.Length)
            throw new AssetException($"'{path}' binds {bindings.Count} vertices, but '{objFile}' has {mesh.Vertices.Length}.");
        return new FittedMesh(mesh, [.. bindings], scales);
    }

    /// <summary>Where some of the mesh's vertices are on a base mesh of this shape.</summary>
    public void Fit(ReadOnlySpan<Vector3> shape, ReadOnlySpan<int> vertices, Span<Vector3> positions)
    {
        var scale = new Vector3(Factor(shape, 0), Factor(shape, 1), Factor(shape, 2));
        for (var i = 0; i < vertices.Length; i++)
        {
            ref readonly var b = ref _bindings[vertices[i]];
            positions[i] = shape[b.A] * b.Weights.X + shape[b.B] * b.Weights.Y + shape[b.C] * b.Weights.Z + b.Offset * scale;
        }
    }

    private float Factor(ReadOnlySpan<Vector3> shape, int axis)
    {
        var (first, second, rest) = _scales[axis];
        return rest > 0 ? Math.Abs(shape[first][axis] - shape[second][axis]) / rest : 1;
    }

    private static Scale ReadScale(AssetText text, int vertices) => text.Number(3) > 0
        ? new Scale(text.Index(1, vertices), text.Index(2, vertices), text.Number(3))
        : throw text.Wrong("the length of a scale must be above 0");

    private static Binding ReadBinding(AssetText text, int vertices)
    {
        // A line with a single number binds to exactly that vertex.
        if (text.Words.Length == 1)
        {
            var exact = text.Index(0, vertices);
            return new Binding(exact, exact, exact, Vector3.UnitX, Vector3.Zero);
        }
        return new Binding(text.Index(0, vertices), text.Index(1, vertices), text.Index(2, vertices), text.Point(3),
            text.Words.Length >= 9 ? text.Point(6) : Vector3.Zero);
    }
}
