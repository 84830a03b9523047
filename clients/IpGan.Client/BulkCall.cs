using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Core;

namespace IpGan.Client;

/// <summary>
/// Many requests over one stream, their answers in order. A stream that breaks is opened again, at another gateway if need be, and what was not answered
/// is sent again: every request gets one answer. Requests must be such that asking twice does no harm.
/// </summary>
internal sealed class BulkCall<TRequest, TResponse> where TResponse : class
{
    // Requests that wait for their answers: enough to hide the way to the gateway, which works on eight at once.
    private const int Window = 32;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Opens a stream.</summary>
    public required Func<CancellationToken, AsyncDuplexStreamingCall<TRequest, TResponse>> Open { get; init; }

    /// <summary>The status that an answer carries; OK when it holds a value.</summary>
    public required Func<TResponse, StatusCode> StatusOf { get; init; }

    /// <summary>Asks for one request by itself, with a single call's retries: what the gateway had no room for in the stream.</summary>
    public required Func<TRequest, CancellationToken, Task<TResponse>> Alone { get; init; }

    /// <summary>The answer of a request that failed by itself.</summary>
    public required Func<TRequest, IpGanException, TResponse> Failed { get; init; }

    /// <summary>Times that a stream is opened in vain, one after the other, before the call fails.</summary>
    public required int Attempts { get; init; }

    /// <summary>Told why a stream ended too soon, and how often in a row one has, before the next is opened.</summary>
    public required Action<IpGanException, int> Retrying { get; init; }

    /// <summary>A stream's failure in words.</summary>
    public required Func<Exception, IpGanException> Failure { get; init; }

    /// <summary>Takes requests as answers are taken, never many more.</summary>
    /// <exception cref="IpGanException">No gateway could be kept up with, or a request cannot be written; items that fail by themselves never cause it.</exception>
    /// <exception cref="Exception">What the requests threw, after the answers to those before.</exception>
    public async IAsyncEnumerable<TResponse> RunAsync(IAsyncEnumerable<TRequest> requests, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var places = new SemaphoreSlim(Window);
        var source = Channel.CreateBounded<TRequest>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        var unanswered = new Queue<TRequest>();
        var pump = PumpAsync(requests, source.Writer, places, stop.Token);
        try
        {
            // Who asks nothing needs no gateway.
            if (!await source.Reader.WaitToReadAsync(stop.Token).ConfigureAwait(false))
            {
                await pump.ConfigureAwait(false);
                yield break;
            }
            for (var failures = 0; ;)
            {
                using var connection = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
                // Not the connection's token: gRPC for .NET heeds a call's token no more once the answers have ended, and a write's own only if it is another.
                using var call = Open(stop.Token);
                var writing = WriteAsync(call.RequestStream, source.Reader, unanswered, connection);
                IpGanException? broken = null;
                var answered = false;
                try
                {
                    while (true)
                    {
                        (var response, broken) = await NextAsync(call.ResponseStream, connection.Token, stop.Token).ConfigureAwait(false);
                        if (response is null)
                        {
                            break;
                        }
                        (failures, answered) = (0, true);
                        var request = Oldest(unanswered, places);
                        // When it fails alone, too, what the stream said is still true.
                        yield return IpGanException.Transient(StatusOf(response))
                            ? await AloneAsync(request, _ => null, stop.Token).ConfigureAwait(false) ?? response
                            : response;
                    }
                }
                finally
                {
                    await connection.CancelAsync().ConfigureAwait(false);
                    await ((Task)writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                if (await writing.ConfigureAwait(false) && broken is null && unanswered.Count == 0)
                {
                    // Throws what the caller's requests threw.
                    await pump.ConfigureAwait(false);
                    yield break;
                }
                // No room for a stream, or one request that is too large for any: by itself it says so, and the others go on.
                var refused = broken is { Status: StatusCode.ResourceExhausted or StatusCode.InvalidArgument };
                if (refused && !answered && unanswered.TryPeek(out var oldest)
                    && await AloneAsync(oldest, failure => Given(oldest, failure), stop.Token).ConfigureAwait(false) is { } answer)
                {
                    Oldest(unanswered, places);
                    // Each item has its word, or a time-out: a gateway that takes no stream and lets single calls wait is not kept up with.
                    failures = StatusOf(answer) == StatusCode.DeadlineExceeded ? failures : -1;
                    yield return answer;
                }
                broken ??= new IpGanException(StatusCode.Unavailable, "The gateway ended the stream before all requests were answered.");
                // A token has ended in the middle: the next stream is opened with a new one.
                var expired = answered && broken.Status == StatusCode.Unauthenticated;
                if ((!broken.IsTransient && !refused && !expired) || ++failures >= Attempts)
                {
                    throw broken;
                }
                Retrying(broken, failures);
                var pause = TimeSpan.FromMilliseconds(250 * Math.Pow(2, failures - 1));
                await Task.Delay(pause < LongestPause ? pause : LongestPause, stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The next answer; none at the end, and none with a reason when the stream broke.</summary>
    private async Task<(TResponse? Response, IpGanException? Broken)> NextAsync(
        IAsyncStreamReader<TResponse> responses, CancellationToken connection, CancellationToken stop)
    {
        try
        {
            return (await responses.MoveNext(connection).ConfigureAwait(false) ? responses.Current : null, null);
        }
        catch (Exception e) when (IpGanException.IsOfCall(e) && !stop.IsCancellationRequested)
        {
            return (null, Failure(e));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The writer gave the connection up.
            return (null, null);
        }
        catch (Exception e) when (IpGanException.IsOfCall(e))
        {
            throw new OperationCanceledException(stop);
        }
    }

    /// <summary>The answer to a request asked by itself.</summary>
    /// <param name="request">Which one.</param>
    /// <param name="failed">What to answer when that fails.</param>
    /// <param name="cancel">Ends it.</param>
    private async Task<TResponse?> AloneAsync(TRequest request, Func<IpGanException, TResponse?> failed, CancellationToken cancel)
    {
        try
        {
            return await Alone(request, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (IpGanException.IsOfCall(e))
        {
            // Who cancels knows it.
            cancel.ThrowIfCancellationRequested();
            return failed(Failure(e));
        }
    }

    /// <summary>The answer of a request that a stream was refused for: its own failure, unless the gateway has no room, or none can be reached.</summary>
    private TResponse? Given(TRequest request, IpGanException failure) =>
        failure.Status == StatusCode.Unavailable || (failure.Status == StatusCode.ResourceExhausted && !TooLarge(failure)) ? null : Failed(request, failure);

    // What gRPC for .NET says of a message beyond a limit; this project's processes say INVALID_ARGUMENT instead.
    private static bool TooLarge(IpGanException failure) => failure.Message.Contains("exceeds the maximum configured message size", StringComparison.Ordinal);

    /// <summary>Takes the oldest request off, as answered.</summary>
    private static TRequest Oldest(Queue<TRequest> unanswered, SemaphoreSlim places)
    {
        TRequest request;
        lock (unanswered)
        {
            request = unanswered.Dequeue();
        }
        places.Release();
        return request;
    }

    /// <summary>Reads the caller's requests, as many as there are places for; throws what they threw, once those before are passed on.</summary>
    private static async Task PumpAsync(IAsyncEnumerable<TRequest> requests, ChannelWriter<TRequest> writer, SemaphoreSlim places, CancellationToken cancel)
    {
        try
        {
            await places.WaitAsync(cancel).ConfigureAwait(false);
            await foreach (var request in requests.WithCancellation(cancel).ConfigureAwait(false))
            {
                await writer.WriteAsync(request, cancel).ConfigureAwait(false);
                await places.WaitAsync(cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            writer.Complete();
        }
    }

    /// <summary>
    /// Sends what the last connection left unanswered, then what is new. True: all there is was sent. Throws why a request cannot be written.
    /// </summary>
    private static async Task<bool> WriteAsync(
        IClientStreamWriter<TRequest> stream, ChannelReader<TRequest> source, Queue<TRequest> unanswered, CancellationTokenSource connection)
    {
        TRequest[] again;
        lock (unanswered)
        {
            again = [.. unanswered];
        }
        try
        {
            foreach (var request in again)
            {
                await stream.WriteAsync(request, connection.Token).ConfigureAwait(false);
            }
            await foreach (var request in source.ReadAllAsync(connection.Token).ConfigureAwait(false))
            {
                lock (unanswered)
                {
                    unanswered.Enqueue(request);
                }
                await stream.WriteAsync(request, connection.Token).ConfigureAwait(false);
            }
            await stream.CompleteAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (connection.IsCancellationRequested || IsOfStream(e))
        {
            // The reader of answers knows better what happened.
            return false;
        }
        catch (Exception e)
        {
            // The stream goes on: without this the reader would wait for answers for ever.
            await connection.CancelAsync().ConfigureAwait(false);
            throw new IpGanException(StatusCode.Internal, $"A request cannot be written: {e.Message}", e);
        }
    }

    /// <summary>What a write throws when the call has ended: its reader learns of that, too.</summary>
    private static bool IsOfStream(Exception e) => IpGanException.IsOfCall(e) || e is OperationCanceledException or ObjectDisposedException;
}
