using CsCheck;

namespace IpGan.Models.Tests;

public sealed class GoldenCheckTests
{
    [Fact]
    public void Largest_error_is_told() =>
        Assert.Equal(0.5, GoldenCheck.Compare("image", [1, 2, 3], [1.25f, 1.5f, 3], 0.5));

    [Fact]
    public void Same_numbers_have_no_error() =>
        Gen.Float[-1e6f, 1e6f].Array[0, 30].Sample(values => Assert.Equal(0, GoldenCheck.Compare("image", values, values, 1e-9)));

    [Fact]
    public void One_number_beyond_the_tolerance_fails_wherever_it_is() =>
        Gen.Select(Gen.Float[-1, 1].Array[1, 30], Gen.Int[0, 29], Gen.Float[0.02f, 5]).Sample((expected, place, error) =>
        {
            float[] actual = [.. expected];
            actual[place % actual.Length] += error;
            var thrown = Assert.Throws<PackageInvalidException>(() => GoldenCheck.Compare("image", expected, actual, 0.01));
            Assert.Contains($"number {place % actual.Length}", thrown.Message, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(float.NaN, 0)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(0, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void Number_that_is_not_finite_fails(float expected, float actual)
    {
        var error = Assert.Throws<PackageInvalidException>(() => GoldenCheck.Compare("pose", [1, expected], [1, actual], 0.1));
        Assert.Contains("'pose'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Different_lengths_fail() =>
        Assert.Throws<PackageInvalidException>(() => GoldenCheck.Compare("pose", [1, 2], [1], 0.1));
}
