using System.Numerics.Tensors;
using IpGan.Client;

namespace IpGan.FaceSearch.Tests;

/// <summary>Faces at random.</summary>
internal static class Faces
{
    public const int Dimension = 16;
    public const string Space = "identity-0a0a0a0a@square1+given";

    public static IdentityVector Vector(int seed, string space = Space, int dimension = Dimension, string version = "1")
    {
        var random = new Random(seed);
        return new IdentityVector(Enumerable.Range(0, dimension).Select(_ => (float)(2 * random.NextDouble() - 1)).ToArray(), space, version);
    }

    public static IndexedFace Face(int seed, string space = Space) => new($"person{seed / 3}/{seed} é.jpg", $"person{seed / 3}", Vector(seed, space, version: $"{seed % 2}"));

    /// <summary>As stores keep it: of unit length.</summary>
    public static float[] Unit(IdentityVector vector)
    {
        var unit = new float[vector.Values.Length];
        TensorPrimitives.Divide(vector.Values.Span, TensorPrimitives.Norm(vector.Values.Span), unit);
        return unit;
    }

    public static IReadOnlyList<IndexedFace> Many(int from, int count) => [.. Enumerable.Range(from, count).Select(i => Face(i))];

    /// <summary>What an exact search must find: by the definition.</summary>
    public static IReadOnlyList<FaceMatch> Nearest(IEnumerable<IndexedFace> faces, IdentityVector vector, int count) =>
    [
        .. faces.Select(f => new FaceMatch(f.Id, f.Person, f.Vector.ModelVersion, f.Vector.CosineTo(vector))).OrderByDescending(m => m.Score).Take(count),
    ];

    public static void AssertSame(IReadOnlyList<FaceMatch> expected, IReadOnlyList<FaceMatch> found)
    {
        Assert.Equal(expected.Select(m => m with { Score = 0 }), found.Select(m => m with { Score = 0 }));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5f));
    }
}
