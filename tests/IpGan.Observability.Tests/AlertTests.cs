namespace IpGan.Observability.Tests;

/// <summary>promtool on what ships.</summary>
public sealed class AlertTests
{
    private const string UnitTests = "tests/IpGan.Observability.Tests/alerts.test.yml";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Configuration_and_alerts_are_valid() =>
        Assert.Contains($"{ShippedQueries.Alerts.Count} rules found", await Tool.RunAsync("promtool", ["check", "config", "deploy/observability/prometheus.yml"], Cancel), StringComparison.Ordinal);

    [Fact]
    public async Task Alerts_come_when_they_should_and_only_then() => await Tool.RunAsync("promtool", ["test", "rules", UnitTests], Cancel);

    [Fact]
    public async Task Every_alert_is_tested()
    {
        var tested = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, UnitTests), Cancel);
        Assert.All(ShippedQueries.Alerts, alert => Assert.Contains($"alertname: {alert.Source}\n", tested, StringComparison.Ordinal));
    }
}
