using IpGan.Gateway.Access;

namespace IpGan.Gateway.Tests.Access;

public sealed class CallerLimitsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(25)]
    [InlineData(70)]
    public void A_bucket_fills_as_fast_as_the_setting_says(int rate)
    {
        var access = new AccessOptions { CallsPerSecond = rate, Burst = 7 };
        Assert.Empty(access.Problems());
        var bucket = CallerLimits.Bucket(access);
        Assert.Equal(rate, bucket.TokensPerPeriod / bucket.ReplenishmentPeriod.TotalSeconds, rate * 1e-5);
        Assert.InRange(bucket.ReplenishmentPeriod.TotalSeconds, 0.09, 1);
        Assert.Equal(7, bucket.TokenLimit);
    }

    [Fact]
    public void A_bucket_that_is_too_small_for_its_rate_is_refused_with_the_size_that_would_do() =>
        Assert.Contains("Burst must be at least 8", Assert.Single(new AccessOptions { CallsPerSecond = 71, Burst = 7 }.Problems()), StringComparison.Ordinal);
}
