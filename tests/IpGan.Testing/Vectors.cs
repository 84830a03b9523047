namespace IpGan.Testing;

/// <summary>Vectors, held against those that were expected.</summary>
public static class Vectors
{
    /// <summary>True if both have as many numbers, and none is further from its like than the tolerance.</summary>
    public static bool AreClose(IReadOnlyCollection<float> expected, IReadOnlyCollection<float> actual, float tolerance) =>
        expected.Count == actual.Count && expected.Zip(actual).All(p => Math.Abs(p.First - p.Second) <= tolerance);

    /// <summary>Fails unless <see cref="AreClose"/>.</summary>
    public static void AssertClose(IReadOnlyCollection<float> expected, IReadOnlyCollection<float> actual, float tolerance)
    {
        // Zip goes to the end of the shorter one: an empty vector would be like any.
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, tolerance));
    }
}
