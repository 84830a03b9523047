using System.Numerics;

namespace IpGan.Rendering.Assets;

/// <summary>MakeHuman's <c>.target</c>: an offset for some vertices of the base mesh.</summary>
internal sealed class MorphTarget
{
    private readonly int[] _vertices;
    private readonly Vector3[] _offsets;

    /// <summary>A target from other sources.</summary>
    public MorphTarget(int[] vertices, Vector3[] offsets) => (_vertices, _offsets) = (vertices, offsets);

    /// <exception cref="AssetException">What is wrong, with file and line.</exception>
    public static MorphTarget Read(string path, int vertices)
    {
        var text = AssetText.Open(path);
        var (numbers, offsets) = (new List<int>(), new List<Vector3>());
        while (text.Next())
        {
            if (text.Words.Length != 4)
                throw text.Wrong($"a line should be a vertex and three numbers, but has {text.Words.Length} words");
            numbers.Add(text.Index(0, vertices));
            offsets.Add(text.Point(1));
        }
        return new MorphTarget([.. numbers], [.. offsets]);
    }

    /// <summary>Adds it, <paramref name="amount"/> times.</summary>
    public void AddTo(Span<Vector3> positions, float amount)
    {
        for (var i = 0; i < _vertices.Length; i++)
            positions[_vertices[i]] += _offsets[i] * amount;
    }
}
