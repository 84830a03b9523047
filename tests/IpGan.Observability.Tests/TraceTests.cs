using Grpc.Core;
using IpGan.V1;

namespace IpGan.Observability.Tests;

/// <summary>What the processes export by OTLP.</summary>
public sealed class TraceTests(ObservedSystem system)
{
    private const string Rotate = "ipgan.v1.FaceRotation/Rotate";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rotation_is_one_trace_through_all_processes_with_versions_and_spaces()
    {
        // The caller's own trace goes on in ours.
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var answer = await new FaceRotation.FaceRotationClient(system.Gateway.Channel).RotateAsync(
            Requests.Rotate, new Metadata { { "traceparent", $"00-{Trace}-00f067aa0ba902b7-01" } }, cancellationToken: Cancel);
        var spans = await SpansAsync(Convert.ToBase64String(Convert.FromHexString(Trace)), count: 16);

        var root = Assert.Single(spans, s => s is { Service: "gateway", Span.Kind: Span.Types.Kind.Server });
        Assert.Equal(Rotate, root["rpc.method"]);
        Assert.Equal("OK", root["rpc.response.status_code"]);
        Assert.Equal(answer.Models.IdentityEncoder, root["ipgan.triple.identity_encoder"]);
        Assert.Equal(answer.Models.PoseEncoder, root["ipgan.triple.pose_encoder"]);
        Assert.Equal(answer.Models.Generator, root["ipgan.triple.generator"]);
        Assert.Equal(answer.Identity.Space, root["ipgan.space.identity"]);
        Assert.Equal(answer.Images[0].Pose.Space, root["ipgan.space.pose"]);
        foreach (var (service, method, version, identity, pose) in new[]
        {
            ("identity-encoder", "ipgan.v1.IdentityEncoder/Embed", answer.Models.IdentityEncoder, answer.Identity.Space, null),
            ("pose-encoder", "ipgan.v1.PoseEncoder/Embed", answer.Models.PoseEncoder, null, answer.Images[0].Pose.Space),
            ("generator", "ipgan.v1.Generator/Generate", answer.Models.Generator, answer.Identity.Space, answer.Images[0].Pose.Space),
        })
        {
            var call = Assert.Single(spans, s => s.Service == "gateway" && s["rpc.method"] == method);
            Assert.Equal(root.Span.SpanId, call.Span.ParentSpanId);
            Assert.Equal("OK", call["rpc.response.status_code"]);
            var served = Assert.Single(spans, s => s.Service == service && s.Span.Kind == Span.Types.Kind.Server);
            Assert.Equal(call.Span.SpanId, served.Span.ParentSpanId);
            var inside = spans.Where(s => s.Service == service && s.Span.Kind == Span.Types.Kind.Internal).ToDictionary(s => s.Span.Name);
            Assert.Equal(["network", "queue", "run"], inside.Keys.Order());
            Assert.Equal(served.Span.SpanId, inside["queue"].Span.ParentSpanId);
            Assert.Equal(served.Span.SpanId, inside["run"].Span.ParentSpanId);
            Assert.Equal(inside["run"].Span.SpanId, inside["network"].Span.ParentSpanId);
            Assert.True(inside["run"].Span.StartTimeUnixNano >= inside["queue"].Span.StartTimeUnixNano);
            Assert.All([served, inside["network"]], span =>
            {
                Assert.Equal(version, span["ipgan.model.version"]);
                Assert.Equal(identity, span["ipgan.space.identity"]);
                Assert.Equal(pose, span["ipgan.space.pose"]);
            });
        }
    }

    [Fact]
    public async Task Requests_of_a_stream_are_traces_of_their_own_linked_to_the_streams()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        var stream = Convert.ToBase64String(Convert.FromHexString(Trace));
        using (var call = new FaceRotation.FaceRotationClient(system.Gateway.Channel).RotateStream(
            new Metadata { { "traceparent", $"00-{Trace}-b7ad6b7169203331-01" } }, cancellationToken: Cancel))
        {
            for (var i = 0; i < 2; i++)
            {
                await call.RequestStream.WriteAsync(Requests.Rotate, Cancel);
                Assert.True(await call.ResponseStream.MoveNext(Cancel));
                Assert.Null(call.ResponseStream.Current.Error);
            }
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(Cancel));
        }

        IEnumerable<ReceivedSpan> Linked() => system.Received.Spans.Where(s => s.Span.Links.Any(l => l.TraceId.ToBase64() == stream));
        await system.Gateway.PollAsync("export the items", () => Task.FromResult(Linked().Count() == 2), Cancel);
        // Nothing but the stream itself is in its trace.
        Assert.Equal("ipgan.v1.FaceRotation/RotateStream", Assert.Single(await SpansAsync(stream, count: 1))["rpc.method"]);
        foreach (var item in Linked())
        {
            Assert.NotEmpty(item["ipgan.triple.generator"]!);
            var spans = await SpansAsync(item.Trace, count: 16);
            Assert.Equal(["gateway", "generator", "identity-encoder", "pose-encoder"], spans.Select(s => s.Service).Distinct().Order());
        }
    }

    [Fact]
    public async Task A_call_that_is_proxied_is_one_trace_and_says_how_it_failed()
    {
        const string Trace = "11111111111111112222222222222222";
        await Assert.ThrowsAsync<RpcException>(() => new IdentityEncoder.IdentityEncoderClient(system.Gateway.Channel).EmbedAsync(
            Requests.BadEmbed, new Metadata { { "traceparent", $"00-{Trace}-b7ad6b7169203331-01" } }, cancellationToken: Cancel).ResponseAsync);

        var spans = await SpansAsync(Convert.ToBase64String(Convert.FromHexString(Trace)), count: 5);
        var served = spans.Where(s => s.Span.Kind == Span.Types.Kind.Server).ToDictionary(s => s.Service);
        var forwarded = Assert.Single(spans, s => s.Span.Kind == Span.Types.Kind.Client);
        Assert.Equal(served["gateway"].Span.SpanId, forwarded.Span.ParentSpanId);
        Assert.Equal(forwarded.Span.SpanId, served["identity-encoder"].Span.ParentSpanId);
        Assert.All(served.Values, s => Assert.Equal("INVALID_ARGUMENT", s["rpc.response.status_code"]));
    }

    [Fact]
    public async Task Log_lines_of_a_request_carry_its_trace()
    {
        const string Trace = "33333333333333334444444444444444";
        var id = Convert.ToBase64String(Convert.FromHexString(Trace));
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{system.Gateway.HttpAddress}/v1/rotate") { Content = Requests.RotateJson };
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var answer = await client.SendAsync(request, Cancel);
        answer.EnsureSuccessStatusCode();

        foreach (var service in new[] { "gateway", "identity-encoder", "pose-encoder", "generator" })
        {
            await system.Gateway.PollAsync($"see a line of {service}", () => Task.FromResult(system.Received.Logs.Any(l =>
                l.Service == service && l.Record.TraceId.ToBase64() == id && l.Record.Body.StringValue.Contains("Request finished", StringComparison.Ordinal))), Cancel);
        }
    }

    [Fact]
    public async Task Probes_are_not_traced()
    {
        using var client = new HttpClient();
        await client.GetAsync(new Uri($"{system.Gateway.HttpAddress}/healthz"), Cancel);
        await client.GetAsync(new Uri($"{system.Gateway.MetricsAddress}/metrics"), Cancel);
        // What was asked later is there, so what was asked before would be.
        const string Trace = "55555555555555556666666666666666";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{system.Gateway.HttpAddress}/v1/models");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var answer = await client.SendAsync(request, Cancel);
        await SpansAsync(Convert.ToBase64String(Convert.FromHexString(Trace)), count: 1);

        // A caller's own attempts to read metrics are traced like any request for what is not there.
        Assert.DoesNotContain(system.Received.Spans, s => s["url.path"] is "/healthz" or "/readyz" or "/ipgan.v1.ModelControl/WatchModels"
            || (s["url.path"] == "/metrics" && s["http.response.status_code"] == "200"));
    }

    /// <summary>The spans of a trace, when there are so many.</summary>
    private async Task<IReadOnlyList<ReceivedSpan>> SpansAsync(string trace, int count)
    {
        List<ReceivedSpan> Found() => [.. system.Received.Spans.Where(s => s.Trace == trace)];
        await system.Gateway.PollAsync($"export {count} spans", () => Task.FromResult(Found().Count >= count), Cancel);
        return Found();
    }
}
