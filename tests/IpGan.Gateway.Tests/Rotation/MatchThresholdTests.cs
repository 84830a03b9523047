using IpGan.Gateway.Rotation;
using IpGan.V1;
using static IpGan.Gateway.Tests.Directory.Services;

namespace IpGan.Gateway.Tests.Rotation;

/// <summary>Versions of one space, as while operators roll encoders one after the other: each has a threshold of its own, a tenth of its number.</summary>
public sealed class MatchThresholdTests
{
    private static readonly ServiceInfo[] Rolling = [Measured("2*/A", "1/A"), Measured("3/A", "2/A", "1*/A")];

    private static ServiceInfo Measured(params string[] versions)
    {
        var service = Service(Roles.IdentityEncoder, versions);
        foreach (var model in service.Models)
        {
            model.Verification = new Verification { Threshold = float.Parse(model.Version, System.Globalization.CultureInfo.InvariantCulture) / 10 };
        }
        return service;
    }

    [Theory]
    [InlineData("1", 0.1f)]
    [InlineData("2", 0.2f)]
    [InlineData("3", 0.3f)]
    public void Photos_are_decided_by_the_version_that_embedded_them(string embedder, float threshold) =>
        Assert.Equal((embedder, threshold), MatchThreshold.Choose(Rolling, "identity-A", embedder, []));

    [Theory]
    [InlineData(null)]
    [InlineData("9")]
    public void Where_nobody_knows_who_embedded_an_active_version_decides(string? embedder) =>
        Assert.Equal(("2", 0.2f), MatchThreshold.Choose(Rolling, "identity-A", embedder, []));

    [Fact]
    public void A_version_without_a_threshold_leaves_it_to_another_of_its_space_and_never_to_one_of_another_space()
    {
        ServiceInfo[] unmeasured = [Service(Roles.IdentityEncoder, "4*/A"), Measured("1/A", "3*/B")];
        Assert.Equal(("1", 0.1f), MatchThreshold.Choose(unmeasured, "identity-A", "4", []));
        Assert.Equal((null, (float?)null), MatchThreshold.Choose(unmeasured, "identity-C", "4", []));
    }
}
