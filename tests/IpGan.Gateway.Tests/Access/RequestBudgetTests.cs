using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Access;

/// <summary>A gateway, without services, on which all requests together may have as many bytes as one of them.</summary>
public sealed class RequestBudgetTests(RequestBudgetTests.SmallGateway small) : IClassFixture<RequestBudgetTests.SmallGateway>
{
    private const int Most = 65536;
    private const int Large = 60_000;

    public sealed class SmallGateway : IAsyncLifetime
    {
        private HostProcess? _gateway;

        public HostProcess Gateway => _gateway!;

        public async ValueTask InitializeAsync() => _gateway = await HostProcess.StartAsync("IpGan.Gateway", new Dictionary<string, string>
        {
            ["Gateway:IdentityEncoders:0"] = $"http://127.0.0.1:{Ports.Unused()}",
            ["Gateway:PoseEncoders:0"] = $"http://127.0.0.1:{Ports.Unused()}",
            ["Gateway:Generators:0"] = $"http://127.0.0.1:{Ports.Unused()}",
            ["Gateway:MaxRequestBytes"] = $"{Most}",
            ["Gateway:MaxBytesInFlight"] = $"{Most}",
        }, waitForReady: false, cancel: Cancel);

        public async ValueTask DisposeAsync()
        {
            if (_gateway is not null)
            {
                await _gateway.DisposeAsync();
            }
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HostProcess Gateway => small.Gateway;

    private FaceRotation.FaceRotationClient Client => new(Gateway.Channel);

    private static RotationSource Photo => new() { Image = new Image { Content = ByteString.CopyFrom(new byte[Large]) } };

    // No service is asked about a person who is compared with nobody: INVALID_ARGUMENT, as soon as the message is read.
    private async Task<RpcException> CompareAsync(CompareRequest request, Metadata? headers = null) =>
        await Assert.ThrowsAsync<RpcException>(() => Client.CompareAsync(request, headers, cancellationToken: Cancel).ResponseAsync);

    private async Task<HttpResponseMessage> PostAsync(string json, bool chunked)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Gateway.HttpAddress}/v1/compare") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = chunked;
        return await http.SendAsync(request, Cancel);
    }

    [Fact]
    public async Task Requests_that_are_in_memory_at_once_have_a_bound_together_and_small_ones_and_streams_get_on()
    {
        var address = new Uri(Gateway.HttpAddress);
        using var held = new TcpClient();
        await held.ConnectAsync(address.Host, address.Port, Cancel);
        var body = held.GetStream();
        await body.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/compare HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Large}\r\nExpect: 100-continue\r\n\r\n"), Cancel);
        // Said when the body is about to be read.
        var begun = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
        await body.ReadExactlyAsync(begun, Cancel);
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(begun), StringComparison.Ordinal);
        // Enough for a minute and more: a server has no patience with a body that stands still.
        await body.WriteAsync(Encoding.ASCII.GetBytes(new string(' ', Large / 2)), Cancel);

        var refusal = await CompareAsync(new CompareRequest { A = Photo });
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Contains($"{Most} bytes", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), refusal.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());

        using (var refused = await PostAsync(new string(' ', Large) + "{}", chunked: false))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        }
        // Neither says how long it is: the one's message does, the other has been read.
        Assert.Equal(StatusCode.InvalidArgument, (await CompareAsync(new CompareRequest())).StatusCode);
        using (var answered = await PostAsync("{}", chunked: true))
        {
            Assert.Equal(HttpStatusCode.BadRequest, answered.StatusCode);
        }
        using (var stream = Client.RotateStream(cancellationToken: Cancel))
        {
            await stream.RequestStream.WriteAsync(new RotateRequest { Source = Photo }, Cancel);
            Assert.True(await stream.ResponseStream.MoveNext(Cancel));
            Assert.Equal((int)StatusCode.InvalidArgument, stream.ResponseStream.Current.Error.Code);
            await stream.RequestStream.CompleteAsync();
        }

        // With the connection goes what was on its way.
        held.Close();
        do
        {
            refusal = await CompareAsync(new CompareRequest { A = Photo });
        }
        while (refusal.StatusCode == StatusCode.ResourceExhausted);
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains("b is missing", refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chunked_request_is_read_to_its_end_once()
    {
        var content = Convert.ToBase64String(new byte[40_000]);
        using var answer = await PostAsync($$"""{"a": {"image": {"content": "{{content}}"} } }""", chunked: true);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("b is missing", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compressed_messages_are_not_taken()
    {
        var refusal = await CompareAsync(new CompareRequest { A = Photo }, new Metadata { { "grpc-internal-encoding-request", "gzip" } });
        Assert.Equal(StatusCode.Unimplemented, refusal.StatusCode);
    }

    [Fact]
    public async Task Who_watches_models_may_say_little()
    {
        // What nobody knows is kept with the message, which lives as long as the watch.
        var request = WatchModelsRequest.Parser.ParseFrom(new SetVersionRequest { Role = new string('a', 5000) }.ToByteArray());
        using var watch = new ModelControl.ModelControlClient(Gateway.Channel).WatchModels(request, cancellationToken: Cancel);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }

    [Fact]
    public async Task Who_asks_for_health_may_say_little()
    {
        var request = new HealthCheckRequest { Service = new string('a', 5000) };
        var refusal = await Assert.ThrowsAsync<RpcException>(() => new Health.HealthClient(Gateway.Channel).CheckAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }
}
