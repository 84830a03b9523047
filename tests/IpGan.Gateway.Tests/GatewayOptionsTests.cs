namespace IpGan.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    private static Dictionary<string, string> Settings(params (string Key, string Value)[] changes)
    {
        var settings = new Dictionary<string, string>
        {
            ["Gateway:IdentityEncoders:0"] = "http://localhost:1",
            ["Gateway:PoseEncoders:0"] = "http://localhost:2",
            ["Gateway:Generators:0"] = "http://localhost:3",
        };
        foreach (var (key, value) in changes)
        {
            settings[key] = value;
        }
        return settings;
    }

    [Theory]
    [InlineData("Gateway:PoseEncoders:0", "ftp://localhost", "PoseEncoders has 'ftp://localhost/'")]
    [InlineData("Gateway:PoseEncoders:0", "localhost:8081", "PoseEncoders has 'localhost:8081'")]
    [InlineData("Gateway:Generators:1", "http://localhost:3", "http://localhost:3/ twice as generator")]
    [InlineData("Gateway:CallTimeout", "00:00:00", "CallTimeout")]
    [InlineData("Gateway:MaxRequestBytes", "5", "MaxRequestBytes")]
    [InlineData("Gateway:MaxBytesInFlight", "65536", "Gateway:MaxBytesInFlight is 65536; it must be at least MaxRequestBytes")]
    [InlineData("Gateway:ServiceTls:Authorities", "ca.crt", "Gateway:PoseEncoders has 'http://localhost:2/', and ServiceTls is set")]
    [InlineData("Gateway:IdentityEncoder:0", "http://localhost:1", "IdentityEncoder")]
    public async Task A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value, string named)
    {
        var (exitCode, log) = await HostProcess.RunToEndAsync("IpGan.Gateway", Settings((key, value)), TestContext.Current.CancellationToken);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(named, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_addresses_the_start_stops_with_an_example()
    {
        var (exitCode, log) = await HostProcess.RunToEndAsync("IpGan.Gateway", [], TestContext.Current.CancellationToken);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Gateway__Generators__0=http://localhost:8081", log, StringComparison.Ordinal);
    }
}
