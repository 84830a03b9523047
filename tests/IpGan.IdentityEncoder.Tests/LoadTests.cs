using Grpc.Core;
using IpGan.Models;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;

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
                    Assert.Contains("2 requests are waiting", e.Status.Detail, StringComparison.Ordinal);
                    Assert.Equal("200", e.Trailers.GetValue("grpc-retry-pushback-ms"));
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
        Assert.DoesNotContain("fail:", host.Log, StringComparison.Ordinal);
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
}
