using CsCheck;

namespace IpGan.Models.Tests;

public sealed class IdentityPriorTests
{
    [Fact]
    public void Samples_are_of_unit_length_and_differ() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 20]).Sample((seed, count) =>
        {
            var samples = Drafts.Prior().Sample(count, seed);
            Assert.Equal(count, samples.Length);
            Assert.All(samples, s => Assert.Equal(1, Math.Sqrt(s.Sum(v => (double)v * v)), 1e-6));
            Assert.Equal(count, samples.Select(s => s[0]).Distinct().Count());
        });

    [Fact]
    public void Same_seed_gives_the_same_people_and_more_of_them_begin_alike()
    {
        var few = Drafts.Prior().Sample(3, 17);

        Assert.Equal(few, Drafts.Prior().Sample(3, 17));
        Assert.Equal(few, Drafts.Prior().Sample(50, 17).Take(3));
        Assert.NotEqual(few[0], Drafts.Prior().Sample(3, 18)[0]);
    }

    [Fact]
    public void Seed_zero_gives_the_numbers_of_the_published_generator()
    {
        // SplitMix64 from 0 begins e220a8397b1dcdaf, 6e789e6aa1b965f4 (the reference implementation's test vector).
        var u1 = (0xe220a8397b1dcdafUL >> 11) / (double)(1UL << 53);
        var u2 = (0x6e789e6aa1b965f4UL >> 11) / (double)(1UL << 53);
        var n = Math.Sqrt(-2 * Math.Log(1 - u1)) * Math.Cos(2 * Math.PI * u2);
        // With one free number and a mean far along the other axis, the ratio of the two gives n away.
        var sample = new IdentityPrior([0, 1], [1, 0, 0, 0]).Sample(1, 0)[0];

        Assert.Equal(n, sample[0] / sample[1], 1e-5);
    }

    [Fact]
    public void Normal_numbers_have_the_moments_of_the_factor()
    {
        // A mean that dwarfs the noise: dividing by the length hardly bends the distribution.
        const float Far = 1e4f;
        var prior = new IdentityPrior([Far, 0, 0], [0, 0, 0, 0, 2, 0, 0, 1.5f, 0.5f]);
        var samples = prior.Sample(40_000, 3).Select(s => (X: s[1] / s[0] * Far, Y: s[2] / s[0] * Far)).ToList();

        Assert.Equal(0, samples.Average(s => s.X), 0.05);
        Assert.Equal(4, samples.Average(s => s.X * s.X), 0.12);
        Assert.Equal(3, samples.Average(s => s.X * s.Y), 0.12);
        Assert.Equal(2.5, samples.Average(s => s.Y * s.Y), 0.1);
        Assert.Equal(3 * 16, samples.Average(s => Math.Pow(s.X, 4)), 3.0);
    }

    [Fact]
    public void File_is_mean_then_factor()
    {
        var bytes = new IdentityPrior([1, 2], [3, 0, 4, 5]).ToBytes();
        var numbers = Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i));
        Assert.Equal([1, 2, 3, 0, 4, 5], numbers);
    }

    [Fact]
    public void Factor_that_does_not_fit_the_mean_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new IdentityPrior([1, 2], [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => new IdentityPrior([], []));
    }
}
