using System.Runtime.CompilerServices;
using System.Text;
using Grpc.Core;

namespace IpGan.Client.Tests;

/// <summary>Many requests over a stream that may break.</summary>
public sealed class BulkCallTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IpGanClient Client(params ScriptedGateway[] gateways) => new(new IpGanClientOptions { Addresses = [.. gateways.Select(g => g.Address)] });

    private static RotationRequest Request(int i) => new(Person.New((ulong)i), [Pose.At(10)]) { Id = $"{i}" };

    private static async Task<List<BulkResult<Rotation>>> RunAsync(IpGanClient client, int count) =>
        await client.RotateManyAsync(Enumerable.Range(0, count).Select(Request).ToAsyncEnumerable(), Cancel).ToListAsync(Cancel);

    /// <summary>Without a gateway.</summary>
    private static BulkCall<string, string> Bulk(Func<CancellationToken, EchoStream> open) => new()
    {
        Open = token => open(token).Call,
        StatusOf = _ => StatusCode.OK,
        Alone = (request, _) => Task.FromResult(request),
        Failed = (_, failure) => failure.Message,
        Attempts = 2,
        Retrying = (_, _) => { },
        Failure = e => IpGanException.From(e, []),
    };

    private static void AssertComplete(List<BulkResult<Rotation>> results, int count)
    {
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), results.Select(r => r.Id));
        Assert.All(results, r => Assert.Equal(r.Id, Encoding.UTF8.GetString(r.Value!.Pictures[0].Content.Span)));
    }

    [Fact]
    public async Task Answers_come_in_order_and_an_item_that_fails_does_not_end_the_others()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer = (request, _) => request.Id == "7"
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, "Not a picture."))
            : Task.FromResult(ScriptedGateway.Echo(request.Id));
        using var client = Client(gateway);
        var results = await RunAsync(client, 100);
        var failed = Assert.Single(results, r => !r.Succeeded);
        Assert.Equal(("7", StatusCode.InvalidArgument, "Not a picture."), (failed.Id, failed.Error!.Status, failed.Error.Message));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), results.Select(r => r.Id));
    }

    [Fact]
    public async Task An_item_that_there_was_no_room_for_is_asked_again()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var refusals = new HashSet<string> { "3", "50" };
        gateway.Answer = (request, _) => refusals.Remove(request.Id)
            ? throw new RpcException(new Status(StatusCode.ResourceExhausted, "Busy."))
            : Task.FromResult(ScriptedGateway.Echo(request.Id));
        using var client = Client(gateway);
        AssertComplete(await RunAsync(client, 60), 60);
        Assert.Equal(62, gateway.Seen.Count);
    }

    [Theory]
    [InlineData(true, StatusCode.InvalidArgument)]
    [InlineData(false, StatusCode.ResourceExhausted)]
    public async Task Items_that_are_too_large_for_any_stream_fail_by_themselves_and_the_others_go_on(bool readable, StatusCode status)
    {
        await using var gateway = await ScriptedGateway.StartAsync(readable: readable);
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], Attempts = 2 });
        // More in a row than streams are opened in vain.
        static bool TooLarge(int i) => i is 0 or (> 30 and < 36);
        var large = new string('x', ScriptedGateway.LargestMessage);
        var requests = Enumerable.Range(0, 60).Select(i => TooLarge(i) ? Request(i) with { Id = $"{large}{i}" } : Request(i)).ToList();
        var results = await client.RotateManyAsync(requests.ToAsyncEnumerable(), Cancel).ToListAsync(Cancel);
        Assert.Equal(requests.Select(r => r.Id), results.Select(r => r.Id));
        Assert.All(results, (r, i) => Assert.Equal(TooLarge(i) ? status : null, r.Error?.Status));
    }

    [Fact]
    public async Task Cancelling_while_an_item_is_asked_again_is_a_cancellation()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asked = 0;
        gateway.Answer = async (_, context) =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "Busy."));
            }
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new();
        };
        using var client = Client(gateway);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await client.RotateManyAsync(new[] { Request(0) }.ToAsyncEnumerable(), stop.Token).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_stream_that_breaks_goes_on_with_what_was_not_answered()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.StreamBreaksAfter = stream => stream switch { 0 => 5, 1 => 40, 2 => 0, _ => null };
        using var client = Client(gateway);
        AssertComplete(await RunAsync(client, 100), 100);
        Assert.Equal(4, gateway.Streams);
        // A real break: nothing that was answered is asked again.
        Assert.Equal(100, gateway.Seen.Count);
    }

    [Fact]
    public async Task A_stream_whose_token_expires_goes_on_with_a_new_one_unless_that_does_not_count_either()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.StreamBreaksWith = new(StatusCode.Unauthenticated, "The token has expired.");
        gateway.StreamBreaksAfter = stream => stream < 2 ? 7 : null;
        var tokens = 0;
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], Token = _ => Task.FromResult($"{Interlocked.Increment(ref tokens)}") });
        AssertComplete(await RunAsync(client, 30), 30);
        Assert.Equal((3, 3), (gateway.Streams, tokens));

        gateway.StreamBreaksAfter = _ => 0;
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<IpGanException>(() => RunAsync(client, 30))).Status);
        Assert.Equal(4, gateway.Streams);
    }

    [Fact]
    public async Task A_gateway_that_never_comes_back_is_an_exception()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.StreamBreaksAfter = _ => 0;
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], Attempts = 1 });
        var e = await Assert.ThrowsAsync<IpGanException>(() => RunAsync(client, 10));
        Assert.Equal((StatusCode.Unavailable, "Gone."), (e.Status, e.Message));
        Assert.Equal(2, gateway.Streams);
    }

    [Fact]
    public async Task When_one_gateway_ends_the_other_finishes_the_work()
    {
        await using var one = await ScriptedGateway.StartAsync();
        await using var other = await ScriptedGateway.StartAsync();
        one.StreamBreaksAfter = other.StreamBreaksAfter = _ => 9;
        using var client = Client(one, other);
        AssertComplete(await RunAsync(client, 100), 100);
        Assert.All([one, other], g => Assert.NotEqual(0, g.Streams));
    }

    [Fact]
    public async Task Requests_are_taken_only_as_answers_are_taken()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        using var client = Client(gateway);
        var (taken, ended) = (0, false);
        async IAsyncEnumerable<RotationRequest> Endless([EnumeratorCancellation] CancellationToken cancel = default)
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    taken++;
                    yield return Request(i);
                    await Task.Yield();
                    cancel.ThrowIfCancellationRequested();
                }
            }
            finally
            {
                ended = true;
            }
        }
        var answers = 0;
        await foreach (var result in client.RotateManyAsync(Endless(Cancel), Cancel))
        {
            answers++;
            // The window is 32; one more may be on its way into it, and its place is freed as the answer is handed out.
            Assert.InRange(taken, answers, answers + 34);
            if (answers == 500)
            {
                break;
            }
        }
        Assert.True(ended, "The caller's requests were left open.");
    }

    // A time-out of the caller's own, too, though nobody has cancelled the call.
    [Theory]
    [InlineData(typeof(FileNotFoundException))]
    [InlineData(typeof(TaskCanceledException))]
    public async Task What_the_callers_requests_throw_comes_out_after_the_answers_to_those_before(Type what)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var thrown = new TaskCompletionSource();
        gateway.Answer = async (request, _) =>
        {
            await thrown.Task;
            return ScriptedGateway.Echo(request.Id);
        };
        using var client = Client(gateway);
        async IAsyncEnumerable<RotationRequest> Failing()
        {
            yield return Request(0);
            yield return Request(1);
            await Task.Yield();
            thrown.SetResult();
            throw (Exception)Activator.CreateInstance(what)!;
        }
        var results = new List<BulkResult<Rotation>>();
        await Assert.ThrowsAsync(what, async () =>
        {
            await foreach (var result in client.RotateManyAsync(Failing(), Cancel))
            {
                results.Add(result);
            }
        });
        AssertComplete(results, 2);
    }

    [Fact]
    public async Task A_passing_refusal_of_streams_and_single_calls_fails_no_item()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var refused = 0;
        gateway.StreamIsRefused = () => Interlocked.Increment(ref refused) <= 1;
        gateway.Answer = (request, _) => refused <= 1
            ? throw new RpcException(new Status(StatusCode.ResourceExhausted, "Too many calls."))
            : Task.FromResult(ScriptedGateway.Echo(request.Id));
        // The single call is refused as often as it is tried.
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], Attempts = 2 });
        AssertComplete(await RunAsync(client, 10), 10);
    }

    [Fact]
    public async Task A_write_that_waits_when_the_answers_have_ended_is_given_up_and_its_request_asked_again()
    {
        var writing = new TaskCompletionSource();
        var streams = 0;
        var bulk = Bulk(token => streams++ > 0 ? new EchoStream(token) : new EchoStream(token)
        {
            // As for room that a gateway that has ended the stream does not give any more.
            Write = _ =>
            {
                writing.SetResult();
                return new TaskCompletionSource().Task;
            },
            Ends = writing.Task,
        });
        Assert.Equal(["a", "b"], await bulk.RunAsync(new[] { "a", "b" }.ToAsyncEnumerable(), Cancel).ToListAsync(Cancel));
        Assert.Equal(2, streams);
    }

    [Fact]
    public async Task A_request_that_cannot_be_written_ends_the_call_and_says_why()
    {
        var bulk = Bulk(token => new EchoStream(token)
        {
            Write = request => request == "b" ? throw new InvalidOperationException("No message.") : Task.CompletedTask,
        });
        var e = await Assert.ThrowsAsync<IpGanException>(
            async () => await bulk.RunAsync(new[] { "a", "b", "c" }.ToAsyncEnumerable(), Cancel).ToListAsync(Cancel));
        Assert.Equal(StatusCode.Internal, e.Status);
        Assert.Contains("No message.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_asked_is_nothing_answered_and_needs_no_gateway()
    {
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [new Uri("http://127.0.0.1:1")] });
        Assert.Empty(await RunAsync(client, 0));
        // Nor does it hide why there is nothing.
        var none = AsyncEnumerable.Empty<RotationRequest>().Concat(new[] { 0 }.ToAsyncEnumerable().Select<int, RotationRequest>(_ => throw new FileNotFoundException()));
        await Assert.ThrowsAsync<FileNotFoundException>(async () => await client.RotateManyAsync(none, Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Who_logs_is_warned_once_in_a_row_of_streams_that_break()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.StreamBreaksAfter = stream => stream switch { 0 or 1 or 2 => 0, 3 => 5, _ => null };
        using var log = new KeptLog();
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address] }, log);
        AssertComplete(await RunAsync(client, 10), 10);
        // At the first of three, and at the one that had answered.
        Assert.Equal(Enumerable.Repeat("Gone. (trying again, 14 times in a row at most)", 2), log.Warnings);
    }
}
