namespace IpGan.Models;

/// <summary>Compares what a model answers with what it was recorded to answer.</summary>
public static class GoldenCheck
{
    /// <summary>The largest absolute error.</summary>
    /// <exception cref="PackageInvalidException">It is above the tolerance, a number is not finite, or there are more or fewer numbers.</exception>
    public static double Compare(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        if (expected.Length != actual.Length)
        {
            throw new PackageInvalidException($"golden output '{name}': the model gives {actual.Length} numbers, {expected.Length} are recorded");
        }
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs((double)actual[i] - expected[i]);
            if (!(error <= tolerance))
            {
                throw new PackageInvalidException(FormattableString.Invariant(
                    $"golden output '{name}': the model gives {actual[i]} at number {i}, {expected[i]} is recorded; the tolerance is {tolerance}"));
            }
            largest = Math.Max(largest, error);
        }
        return largest;
    }
}
