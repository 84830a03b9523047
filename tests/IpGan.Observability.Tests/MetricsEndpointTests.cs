using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using IpGan.V1;

namespace IpGan.Observability.Tests;

/// <summary>The port for Prometheus, and what gRPC calls count as.</summary>
public sealed class MetricsEndpointTests(ObservedSystem system)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_the_metrics_port_answers_metrics_whatever_host_a_request_names()
    {
        using var client = new HttpClient();
        foreach (var host in system.ByJob.Values)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{host.HttpAddress}/metrics");
            request.Headers.Host = new Uri(host.MetricsAddress).Authority;
            using var answer = await client.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.DoesNotContain("ipgan_", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
            Assert.Contains("dotnet_process_memory_working_set_bytes", await MetricsAsync(host), StringComparison.Ordinal);
        }
    }

    [Theory, InlineData("/v1/models"), InlineData("/healthz"), InlineData("/readyz"), InlineData("/"), InlineData("/openapi/v1.json")]
    public async Task The_metrics_port_answers_nothing_else(string path)
    {
        using var client = new HttpClient();
        foreach (var host in system.ByJob.Values)
        {
            using var answer = await client.GetAsync(new Uri(host.MetricsAddress + path), Cancel);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Without_the_settings_a_process_has_no_metrics_and_exports_nothing()
    {
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, IpGan.Models.ModelRole.IdentityEncoder, "0000000a", seed: 1);
        await using var host = await HostProcess.StartAsync("IpGan.IdentityEncoder", HostOfTwoVersions.Settings(root), cancel: Cancel);
        Assert.Empty(host.MetricsAddress);
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"{host.HttpAddress}/metrics"), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Calls_are_counted_by_method_and_status_also_those_that_reach_no_handler()
    {
        var before = await CallsAsync(system.IdentityEncoder);
        var client = new IdentityEncoder.IdentityEncoderClient(system.IdentityEncoder.Channel);
        await client.EmbedAsync(Requests.Embed, cancellationToken: Cancel);
        await Assert.ThrowsAsync<RpcException>(() => client.EmbedAsync(Requests.BadEmbed, cancellationToken: Cancel).ResponseAsync);
        await PostAsync(system.IdentityEncoder, "ipgan.v1.IdentityEncoder/Embed", [0, 0, 0, 0, 2, 255, 255]);
        await PostAsync(system.IdentityEncoder, "ipgan.v1.IdentityEncoder/MadeUp", [0, 0, 0, 0, 0]);

        await system.IdentityEncoder.PollAsync("count the calls", async () =>
        {
            var now = await CallsAsync(system.IdentityEncoder);
            double More(string method, string status) => now.GetValueOrDefault((method, status)) - before.GetValueOrDefault((method, status));
            return More("ipgan.v1.IdentityEncoder/Embed", "OK") >= 1 && More("ipgan.v1.IdentityEncoder/Embed", "INVALID_ARGUMENT") >= 2 && More("_OTHER", "UNIMPLEMENTED") >= 1;
        }, Cancel);
        Assert.DoesNotContain("MadeUp", await MetricsAsync(system.IdentityEncoder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gateway_counts_what_it_proxies_and_what_comes_from_browsers()
    {
        var before = await CallsAsync(system.Gateway);
        await new PoseEncoder.PoseEncoderClient(system.Gateway.Channel).EmbedAsync(Requests.Embed, cancellationToken: Cancel);
        // gRPC-Web, as a browser sends it.
        await PostAsync(system.Gateway, "ipgan.v1.ModelControl/ListModels", [0, 0, 0, 0, 0], web: true);

        await system.Gateway.PollAsync("count the calls", async () =>
        {
            var now = await CallsAsync(system.Gateway);
            return new[] { "ipgan.v1.PoseEncoder/Embed", "ipgan.v1.ModelControl/ListModels" }.All(m => now.GetValueOrDefault((m, "OK")) > before.GetValueOrDefault((m, "OK")));
        }, Cancel);
    }

    private static async Task PostAsync(HostProcess host, string method, byte[] message, bool web = false)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{(web ? host.HttpAddress : host.GrpcAddress)}/{method}")
        {
            Version = web ? HttpVersion.Version11 : HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(message) { Headers = { ContentType = new MediaTypeHeaderValue(web ? "application/grpc-web+proto" : "application/grpc") } },
        };
        using var answer = await client.SendAsync(request, Cancel);
        await answer.Content.ReadAsByteArrayAsync(Cancel);
    }

    private static async Task<string> MetricsAsync(HostProcess host)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"{host.MetricsAddress}/metrics"), Cancel);
    }

    private static async Task<Dictionary<(string Method, string Status), double>> CallsAsync(HostProcess host)
    {
        var lines = (await MetricsAsync(host)).Split('\n').Where(l => l.StartsWith("rpc_server_call_duration_seconds_count{", StringComparison.Ordinal));
        string Label(string line, string name) => line.Split($"{name}=\"")[1].Split('"')[0];
        return lines.ToDictionary(l => (Label(l, "rpc_method"), Label(l, "rpc_response_status_code")),
            l => double.Parse(l.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
    }
}
