using System.Diagnostics;
using Grpc.Core;

namespace IpGan.Client.Tests;

/// <summary>Balance, retries, deadlines and words of single calls.</summary>
public sealed class SingleCallTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IpGanClient Client(params ScriptedGateway[] gateways) => new(new IpGanClientOptions { Addresses = [.. gateways.Select(g => g.Address)] });

    private static RotationRequest Request(string id = "", int bytes = 1) =>
        new(Person.In(new Photo(new byte[bytes])), [Pose.At(10)]) { Id = id };

    [Fact]
    public async Task Several_gateways_share_the_calls_and_one_that_is_gone_is_left_out()
    {
        await using var one = await ScriptedGateway.StartAsync();
        var other = await ScriptedGateway.StartAsync();
        using var client = Client(one, other);
        // The balancer gives calls to those that it has reached: until it has reached both.
        while (one.Seen.IsEmpty || other.Seen.IsEmpty)
        {
            await client.RotateAsync(Request(), cancel: Cancel);
        }
        var (atOne, atOther) = (one.Seen.Count, other.Seen.Count);
        for (var i = 0; i < 10; i++)
        {
            await client.RotateAsync(Request(), cancel: Cancel);
        }
        Assert.Equal((5, 5), (one.Seen.Count - atOne, other.Seen.Count - atOther));

        await other.DisposeAsync();
        for (var i = 0; i < 10; i++)
        {
            await client.RotateAsync(Request(), cancel: Cancel);
        }
        Assert.Equal(atOne + 15, one.Seen.Count);
    }

    [Fact]
    public async Task A_gateway_that_is_busy_for_a_moment_is_asked_again_when_it_said()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var refused = 0;
        var pushback = TimeSpan.FromMilliseconds(700);
        gateway.Answer = (request, context) =>
        {
            if (refused++ == 0)
            {
                context.ResponseTrailers.Add("grpc-retry-pushback-ms", $"{pushback.TotalMilliseconds:F0}");
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "Busy."));
            }
            return Task.FromResult(ScriptedGateway.Echo(request.Id));
        };
        using var client = Client(gateway);
        var started = Stopwatch.GetTimestamp();
        // A photo of 3 MiB: more than the library would keep to send again by itself.
        await client.RotateAsync(Request("a", 3 << 20), cancel: Cancel);
        Assert.Equal(["a", "a"], gateway.Seen);
        // The client's own first pause is 250 ms at most.
        Assert.InRange(Stopwatch.GetElapsedTime(started), pushback, TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_gateway_that_stays_busy_is_an_exception_after_as_many_attempts_as_allowed()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer = (_, _) => throw new RpcException(new Status(StatusCode.ResourceExhausted, "Busy."));
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], Attempts = 3 });
        var e = await Assert.ThrowsAsync<IpGanException>(() => client.RotateAsync(Request(), cancel: Cancel));
        Assert.Equal((StatusCode.ResourceExhausted, "Busy.", true, 3), (e.Status, e.Message, e.IsTransient, gateway.Seen.Count));
    }

    [Fact]
    public async Task A_wrong_request_is_asked_once_and_fails_in_the_gateways_words()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer = (_, _) => throw new RpcException(new Status(StatusCode.InvalidArgument, "source.image: empty."));
        using var client = Client(gateway);
        var e = await Assert.ThrowsAsync<IpGanException>(() => client.RotateAsync(Request(), cancel: Cancel));
        Assert.Equal((StatusCode.InvalidArgument, "source.image: empty.", false), (e.Status, e.Message, e.IsTransient));
        Assert.Single(gateway.Seen);
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_named()
    {
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [new Uri("http://127.0.0.1:1")], Attempts = 2 });
        foreach (var call in new Func<Task>[]
        {
            () => client.RotateAsync(Request(), cancel: Cancel),
            () => client.RotateManyAsync(new[] { Request() }.ToAsyncEnumerable(), Cancel).ToListAsync(Cancel).AsTask(),
        })
        {
            var e = await Assert.ThrowsAsync<IpGanException>(call);
            Assert.Equal(StatusCode.Unavailable, e.Status);
            Assert.Contains("http://127.0.0.1:1", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_ends_at_its_deadline()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer = async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return ScriptedGateway.Echo("");
        };
        using var client = Client(gateway);
        var e = await Assert.ThrowsAsync<IpGanException>(() => client.RotateAsync(Request(), TimeSpan.FromMilliseconds(300), Cancel));
        Assert.Equal(StatusCode.DeadlineExceeded, e.Status);
    }

    [Fact]
    public async Task Who_cancels_gets_a_cancellation()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        gateway.Answer = async (_, context) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return ScriptedGateway.Echo("");
        };
        using var client = Client(gateway);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.RotateAsync(Request(), cancel: stop.Token));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData(null)]
    public async Task The_key_goes_with_every_call(string? key)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        string? seen = "nothing yet";
        gateway.Answer = (request, context) =>
        {
            seen = context.RequestHeaders.GetValue("x-api-key");
            return Task.FromResult(ScriptedGateway.Echo(request.Id));
        };
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], ApiKey = key });
        await client.RotateAsync(Request(), cancel: Cancel);
        Assert.Equal(key, seen);
    }

    [Fact]
    public async Task A_token_is_asked_for_at_every_try_and_every_stream()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var (seen, asked) = (new List<string?>(), 0);
        gateway.Answer = (request, context) =>
        {
            seen.Add(context.RequestHeaders.GetValue("authorization"));
            return seen.Count == 1 ? throw new RpcException(new Status(StatusCode.Unavailable, "Not yet.")) : Task.FromResult(ScriptedGateway.Echo(request.Id));
        };
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], Token = _ => Task.FromResult($"{++asked}") });
        await client.RotateAsync(Request(), cancel: Cancel);
        await client.RotateManyAsync(new[] { Request(), Request() }.ToAsyncEnumerable(), Cancel).ToListAsync(Cancel);
        Assert.Equal(["Bearer 1", "Bearer 2", "Bearer 3", "Bearer 3"], seen);
    }

    [Fact]
    public async Task A_token_that_cannot_be_had_is_told_and_nothing_is_sent()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [gateway.Address], Token = _ => throw new IOException("The issuer is away.") });
        foreach (var call in new Func<Task>[]
        {
            () => client.RotateAsync(Request(), cancel: Cancel),
            () => client.RotateManyAsync(new[] { Request() }.ToAsyncEnumerable(), Cancel).ToListAsync(Cancel).AsTask(),
        })
        {
            var e = await Assert.ThrowsAsync<IpGanException>(call);
            Assert.Equal(StatusCode.Unauthenticated, e.Status);
            Assert.Contains("The issuer is away.", e.Message, StringComparison.Ordinal);
        }
        Assert.Empty(gateway.Seen);
    }
}
