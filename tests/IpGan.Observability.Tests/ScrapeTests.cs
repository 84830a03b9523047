using System.Text.RegularExpressions;
using Grpc.Core;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.Observability.Tests;

/// <summary>The running system under a real Prometheus with the alerts that ship.</summary>
public sealed partial class ScrapeTests(ObservedSystem system)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_query_finds_its_metrics_and_labels_and_every_panel_shows_something()
    {
        await using var prometheus = await PrometheusServer.StartAsync(system.ByJob.Select(j => (j.Key, j.Value.MetricsAddress)), Cancel);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asking = AskAsync(done.Token);
        try
        {
            // One that takes the place of the first, and one that is refused, which an alert tells.
            system.PublishAgain(ModelRole.PoseEncoder, 2);
            system.PublishAgain(ModelRole.Generator, 2, damage: true);
            await system.Gateway.PollAsync("be alerted of the refused package", async () =>
            {
                ThrowIfFailed(asking);
                return (await prometheus.QueryAsync("""ALERTS{alertname="IpGanPackageRejected", alertstate="firing", role="generator"}""", Cancel)).Count == 1;
            }, Cancel);
            Assert.All(await prometheus.RulesAsync(Cancel), rule => Assert.Equal("ok", rule.GetProperty("health").GetString()));

            // Rates need two looks, and some of what is shown comes only when a request has been answered.
            foreach (var panel in ShippedQueries.Panels)
            {
                await system.Gateway.PollAsync($"fill the panel '{panel.GetProperty("title")}'", async () =>
                {
                    ThrowIfFailed(asking);
                    var results = await Task.WhenAll(ShippedQueries.Of(panel).Select(q => prometheus.QueryAsync(q.Runnable, Cancel)));
                    return results.Any(r => r.Count > 0);
                }, Cancel);
            }
            var names = await prometheus.NamesAsync(Cancel);
            foreach (var query in ShippedQueries.All)
            {
                Assert.NotEmpty(query.Metrics);
                await prometheus.QueryAsync(query.Runnable, Cancel);
                foreach (var (metric, labels) in query.Metrics)
                {
                    Assert.True(names.Contains(metric), $"'{query.Source}' asks for {metric}, which nothing has.");
                    foreach (var label in labels)
                    {
                        Assert.True((await prometheus.QueryAsync($"{metric}{{{label}!=\"\"}}", Cancel)).Count > 0, $"'{query.Source}' asks for {metric} by {label}, which it has not.");
                    }
                }
            }
            ThrowIfFailed(asking);

            // What the page says there is, is there; and the page says all that is ours.
            var cells = ShippedQueries.Text("README.md").Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('|')[1]);
            var page = cells.SelectMany(c => Families().Matches(c).Select(m => m.Groups[1].Value)).ToHashSet();
            var families = names.Where(n => !n.EndsWith("_created", StringComparison.Ordinal)).Select(n => Parts().Replace(n, "")).ToHashSet();
            Assert.NotEmpty(page);
            Assert.All(page, name => Assert.Contains(name, families));
            Assert.All(families.Where(f => f.StartsWith("ipgan_", StringComparison.Ordinal) || f.StartsWith("rpc_", StringComparison.Ordinal)), name => Assert.Contains(name, page));
        }
        finally
        {
            await done.CancelAsync();
            await asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static void ThrowIfFailed(Task task)
    {
        if (task.IsFaulted)
        {
            task.GetAwaiter().GetResult();
        }
    }

    // Everything that a panel shows, again and again.
    private async Task AskAsync(CancellationToken stop)
    {
        var rotation = new FaceRotation.FaceRotationClient(system.Gateway.Channel);
        var encoder = new IdentityEncoder.IdentityEncoderClient(system.Gateway.Channel);
        using var rest = new HttpClient { BaseAddress = new Uri(system.Gateway.HttpAddress) };
        while (!stop.IsCancellationRequested)
        {
            await rotation.RotateAsync(Requests.Rotate, cancellationToken: stop);
            await Assert.ThrowsAsync<RpcException>(() => encoder.EmbedAsync(Requests.BadEmbed, cancellationToken: stop).ResponseAsync);
            using var answer = await rest.PostAsync(new Uri("/v1/rotate", UriKind.Relative), Requests.RotateJson, stop);
            answer.EnsureSuccessStatusCode();
            using var stream = encoder.EmbedStream(cancellationToken: stop);
            await stream.RequestStream.WriteAsync(Requests.Embed, stop);
            Assert.True(await stream.ResponseStream.MoveNext(stop));
            await stream.RequestStream.CompleteAsync();
            Assert.False(await stream.ResponseStream.MoveNext(stop));
        }
    }

    [GeneratedRegex("`((?:ipgan|rpc|http|aspnetcore|dotnet)_[a-z_]+)`")]
    private static partial Regex Families();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex Parts();
}
