using System.Threading.Channels;
using Grpc.Core;

namespace IpGan.Serving.Rpc;

/// <summary>Answers a stream's requests in their order while several are worked on at once.</summary>
public static class OrderedStream
{
    /// <summary>
    /// Reads requests, starts at most <paramref name="parallel"/> of them, and writes the answers in order. A reader that is slow slows the
    /// sender down: a request is read when fewer than that many wait for their answers to be taken.
    /// </summary>
    /// <param name="requests">What comes in.</param>
    /// <param name="responses">What goes out.</param>
    /// <param name="answer">Never fails for a bad item: its answer says so.</param>
    /// <param name="parallel">At least 1.</param>
    /// <param name="cancel">The call's token.</param>
    public static async Task RunAsync<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, Func<TRequest, CancellationToken, Task<TResponse>> answer,
        int parallel, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var pending = Channel.CreateBounded<Task<TResponse>>(new BoundedChannelOptions(parallel) { SingleReader = true, SingleWriter = true });
        async Task Read()
        {
            try
            {
                // This is the only writer, so a place that it waited for is still there when it writes.
                while (await pending.Writer.WaitToWriteAsync(stop.Token).ConfigureAwait(false) && await requests.MoveNext(stop.Token).ConfigureAwait(false))
                {
                    pending.Writer.TryWrite(answer(requests.Current, stop.Token));
                }
                pending.Writer.Complete();
            }
            catch (Exception e)
            {
                pending.Writer.Complete(e);
            }
        }
        var reading = Read();
        try
        {
            while (await pending.Reader.WaitToReadAsync(stop.Token).ConfigureAwait(false))
            {
                // It keeps its place until its answer is taken.
                pending.Reader.TryPeek(out var item);
                await responses.WriteAsync(await item!.ConfigureAwait(false), stop.Token).ConfigureAwait(false);
                pending.Reader.TryRead(out _);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
    }
}
