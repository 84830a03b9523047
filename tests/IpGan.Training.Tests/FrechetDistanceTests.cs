using IpGan.Training.Evaluation;

namespace IpGan.Training.Tests;

public sealed class FrechetDistanceTests
{
    private static readonly float[][] Rows = Draw(1, 1);

    private static float[][] Draw(int seed, double deviation)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return [.. Enumerable.Range(0, 4000).Select(_ => Enumerable.Range(0, 5).Select(_ => (float)(Normal() * deviation)).ToArray())];
    }

    [Fact]
    public void A_set_is_at_distance_0_from_itself() => Assert.Equal(0, FrechetDistance.Between(Rows, Rows), 6);

    [Fact]
    public void A_shift_counts_by_the_square_of_its_length()
    {
        var shifted = Rows.Select(r => r.Select((v, i) => v + (i < 2 ? 3f : 0)).ToArray()).ToList();
        Assert.Equal(18, FrechetDistance.Between(Rows, shifted), 3);
    }

    // Σ (σ − σ')² over five numbers.
    [Fact]
    public void Another_deviation_counts_by_the_square_of_the_difference() => Assert.Equal(5, FrechetDistance.Between(Rows, Draw(2, 2)), 0.3);
}
