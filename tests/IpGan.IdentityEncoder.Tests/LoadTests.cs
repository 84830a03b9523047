using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Google.Rpc;
using Grpc.Core;
using IpGan.Models;
using IpGan.V1;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;
using static IpGan.Testing.HostOfTwoVersions;

namespace IpGan.IdentityEncoder.Tests;

public sealed class LoadTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_that_find_the_queue_full_are_refused_with_advice_and_the_others_answered()
    {
        using var root = new TemporaryFolder();
        // Weights that take their time.
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1, ballast: 128 << 20);
        using var answers = PackageAnswers.Open(root.Path, ModelRole.IdentityEncoder, 1);
        var settings = new Dictionary<string, string>(Settings(root)) { ["Models:Workers"] = "1", ["Models:QueueLength"] = "2" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        var expected = answers.Embed(Pictures.Square(1))[0];
        var (answered, refused) = (0, 0);

        while (answered == 0 || refused == 0)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
            {
                try
                {
                    var response = await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel);
                    Assert.Equal(expected, response.Embedding.Values);
                    Interlocked.Increment(ref answered);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
                {
                    Assert.Contains("2 calls or parts of calls are waiting", e.Status.Detail, StringComparison.Ordinal);
                    Assert.InRange(int.Parse(e.Trailers.GetValue("grpc-retry-pushback-ms")!, CultureInfo.InvariantCulture), 50, 10_000);
                    var details = Google.Rpc.Status.Parser.ParseFrom(e.Trailers.GetValueBytes("grpc-status-details-bin"));
                    Assert.True(details.Details.Single().Unpack<RetryInfo>().RetryDelay.ToTimeSpan() > TimeSpan.Zero);
                    Interlocked.Increment(ref refused);
                }
            }));
        }

        // A stream waits for its places instead.
        using var stream = client.EmbedStream(cancellationToken: Cancel);
        for (var i = 0; i < 20; i++)
        {
            await stream.RequestStream.WriteAsync(Request(Pictures.Square(1)), Cancel);
        }
        await stream.RequestStream.CompleteAsync();
        var streamed = await stream.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);
        Assert.Equal(20, streamed.Count);
        Assert.All(streamed, r => Assert.Equal(expected, r.Embedding.Values));
    }

    [Fact]
    public async Task Full_queue_refuses_before_the_body_is_there()
    {
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1, ballast: 128 << 20);
        var settings = new Dictionary<string, string>(Settings(root)) { ["Models:Workers"] = "1", ["Models:QueueLength"] = "1" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var crowd = Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
            while (!enough.IsCancellationRequested)
            {
                try
                {
                    await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
                {
                    // The crowd is here to fill the queue.
                }
            }
        }, Cancel)).ToList();
        using var http = new HttpClient();

        try
        {
            var refused = false;
            for (var tries = 0; !refused; tries++)
            {
                Assert.True(tries < 20, "The queue was never full.");
                using var request = new HttpRequestMessage(HttpMethod.Post, $"{host.GrpcAddress}/ipgan.v1.IdentityEncoder/Embed")
                {
                    Version = HttpVersion.Version20,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = new NeverEndingContent([]),
                };
                try
                {
                    using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
                    refused = response.Headers.TryGetValues("grpc-status", out var status) && status.Single() == $"{(int)StatusCode.ResourceExhausted}";
                    Assert.True(!refused || response.Headers.Contains("grpc-retry-pushback-ms"), $"{response.Headers}");
                }
                catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !Cancel.IsCancellationRequested)
                {
                    // Let in when there was a place just then, until the server lost patience with a body that does not come; another try.
                }
            }
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(crowd);
        }
    }

    [Fact]
    public async Task Calls_on_their_way_have_a_bound_of_bytes_together_and_small_ones_get_on()
    {
        const int most = 1 << 20;
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1);
        var settings = new Dictionary<string, string>(Settings(root)) { ["Models:MaxMessageBytes"] = $"{most}", ["Models:MaxBytesInFlight"] = $"{most}" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        async Task<RpcException?> EmbedAsync(EmbedRequest request)
        {
            try
            {
                await client.EmbedAsync(request, cancellationToken: Cancel);
                return null;
            }
            catch (RpcException e)
            {
                return e;
            }
        }
        // Two of these have room together, and none beside the one that is held.
        var large = Request(Pictures.Square(1), id: new string('7', most / 4));
        using var http = new HttpClient();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task<HttpResponseMessage> HoldAsync()
        {
            // It says how long its message is, and sends enough of it that the server stays patient.
            var begun = new byte[most / 4];
            BinaryPrimitives.WriteInt32BigEndian(begun.AsSpan(1), most - most / 8);
            return http.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"{host.GrpcAddress}/ipgan.v1.IdentityEncoder/Embed")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new NeverEndingContent(begun),
            }, gone.Token);
        }
        var holding = HoldAsync();
        RpcException? refusal;
        while ((refusal = await EmbedAsync(large)) is null)
        {
            // Refused itself, where it came beside a large one.
            holding = holding.IsCompleted ? HoldAsync() : holding;
        }
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Contains($"{most} bytes together", refusal.Status.Detail, StringComparison.Ordinal);
        var details = Google.Rpc.Status.Parser.ParseFrom(refusal.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.True(details.Details.Single().Unpack<RetryInfo>().RetryDelay.ToTimeSpan() > TimeSpan.Zero);
        Assert.Null(await EmbedAsync(Request(Pictures.Square(1))));

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => holding);
        while ((refusal = await EmbedAsync(large)) is not null)
        {
            Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        }
    }

    [Fact]
    public async Task Stream_of_thousands_leaves_room_for_somebody_with_one_picture()
    {
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1, ballast: 32 << 20);
        var settings = new Dictionary<string, string>(Settings(root)) { ["Models:Workers"] = "1", ["Models:QueueLength"] = "1" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var streamed = 0;
        var streams = Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            using var stream = client.EmbedStream(cancellationToken: Cancel);
            var reading = Task.Run(async () =>
            {
                await foreach (var response in stream.ResponseStream.ReadAllAsync(Cancel))
                {
                    Assert.Null(response.Error);
                    Interlocked.Increment(ref streamed);
                }
            }, Cancel);
            while (!enough.IsCancellationRequested)
            {
                await stream.RequestStream.WriteAsync(Request(Pictures.Square(1)), Cancel);
            }
            await stream.RequestStream.CompleteAsync();
            await reading;
        }, Cancel)).ToList();

        // One after the other, never refused: the streams' backlog is not his queue.
        for (var i = 0; i < 20; i++)
        {
            await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel);
        }
        await enough.CancelAsync();
        await Task.WhenAll(streams);
        Assert.True(streamed > 0);
    }

    [Fact]
    public async Task Clients_that_leave_in_the_middle_of_a_stream_leave_nothing_behind()
    {
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1);
        var settings = new Dictionary<string, string>(Settings(root)) { ["Models:QueueLength"] = "4" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);

        for (var i = 0; i < 20; i++)
        {
            using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(host.GrpcAddress);
            using var stream = new V1.IdentityEncoder.IdentityEncoderClient(channel).EmbedStream(cancellationToken: Cancel);
            for (var item = 0; item < 6; item++)
            {
                await stream.RequestStream.WriteAsync(Request(Pictures.Square(item)), Cancel);
            }
            Assert.True(await stream.ResponseStream.MoveNext(Cancel));
            // The call, and then its connection, are closed with answers under way and requests unread.
        }

        // Places that were not given back would be missed now: the queue has four.
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        using var last = client.EmbedStream(cancellationToken: Cancel);
        for (var item = 0; item < 50; item++)
        {
            await last.RequestStream.WriteAsync(Request(Pictures.Square(item), id: $"{item}"), Cancel);
            Assert.True(await last.ResponseStream.MoveNext(Cancel));
            Assert.Null(last.ResponseStream.Current.Error);
        }
        var log = host.Log;
        var failure = log.IndexOf("fail:", StringComparison.Ordinal);
        Assert.True(failure < 0, failure < 0 ? "" : log[failure..]);
    }

    [Fact]
    public async Task Limit_on_messages_may_be_above_that_of_the_server_software()
    {
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1);
        var settings = new Dictionary<string, string>(Settings(root)) { ["Models:MaxMessageBytes"] = $"{48 << 20}" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);

        var error = await Assert.ThrowsAsync<RpcException>(() => client.EmbedAsync(Request(new byte[40 << 20]), cancellationToken: Cancel).ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("41,943,040 bytes", error.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>Says that it has more to say, and never says it.</summary>
    private sealed class NeverEndingContent : HttpContent
    {
        private readonly byte[] _begun;

        public NeverEndingContent(byte[] begun)
        {
            _begun = begun;
            Headers.ContentType = new("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(_begun, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
