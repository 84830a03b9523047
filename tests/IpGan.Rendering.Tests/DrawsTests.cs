using IpGan.Rendering.People;

namespace IpGan.Rendering.Tests;

public sealed class DrawsTests
{
    [Fact]
    public void Numbers_are_the_same_on_every_machine()
    {
        // From the reference implementation of SplitMix64 (seed 1234567): 6457827717110365317, 3203168211198807973.
        var draws = new Draws(1234567);
        Assert.Equal(6457827717110365317UL >> 40, (ulong)(draws.Unit() * (1 << 24)));
        Assert.Equal(3203168211198807973UL >> 40, (ulong)(draws.Unit() * (1 << 24)));
    }

    [Fact]
    public void Draws_for_other_purposes_people_and_views_differ()
    {
        float[] first =
        [
            Draws.For(1, "person", 0).Unit(), Draws.For(2, "person", 0).Unit(), Draws.For(1, "shape", 0).Unit(), Draws.For(1, "person", 1).Unit(),
            Draws.For(1, "person", 0, 1).Unit(),
        ];
        Assert.Equal(first.Length, first.Distinct().Count());
        Assert.Equal(first[0], Draws.For(1, "person", 0).Unit());
    }

    [Fact]
    public void Normal_numbers_have_mean_0_and_deviation_1()
    {
        var draws = new Draws(1);
        var numbers = Enumerable.Range(0, 20_000).Select(_ => draws.Normal()).ToArray();
        var mean = numbers.Average();
        Assert.InRange(mean, -0.03, 0.03);
        Assert.InRange(Math.Sqrt(numbers.Average(n => (n - mean) * (n - mean))), 0.95, 1.0);
        Assert.All(numbers, n => Assert.InRange(n, -Draws.LargestNormal, Draws.LargestNormal));
    }
}
