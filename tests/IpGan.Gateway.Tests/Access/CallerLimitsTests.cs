using IpGan.Gateway.Access;

namespace IpGan.Gateway.Tests.Access;

public sealed class CallerLimitsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(25)]
    [InlineData(1_000_000)]
    public void A_bucket_fills_as_fast_as_the_setting_says(int rate)
    {
        var bucket = CallerLimits.Bucket(new AccessOptions { CallsPerSecond = rate, Burst = 7 });
        Assert.Equal(rate, bucket.TokensPerPeriod / bucket.ReplenishmentPeriod.TotalSeconds, rate * 1e-5);
        Assert.InRange(bucket.ReplenishmentPeriod.TotalSeconds, 0.09, 1);
        Assert.Equal(7, bucket.TokenLimit);
    }
}
