using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Scheduling;

/// <summary>
/// Decoding and networks run here, on a fixed number of own threads behind a bounded queue, so that a burst waits or is refused instead of
/// slowing down everything. On a CPU one request a thread is as fast as batching.
/// </summary>
public sealed class WorkQueue : IDisposable
{
    private readonly Channel<Action> _channel;
    private readonly List<Thread> _threads;
    private readonly int _length;

    /// <summary>Starts the threads.</summary>
    public WorkQueue(IOptions<ServingOptions> options)
    {
        _length = options.Value.QueueLength;
        _channel = Channel.CreateBounded<Action>(new BoundedChannelOptions(_length) { SingleReader = false });
        _threads = [.. Enumerable.Range(0, options.Value.WorkerCount).Select(i => new Thread(Work) { IsBackground = true, Name = $"worker {i}" })];
        _threads.ForEach(t => t.Start());
    }

    /// <summary>Runs a function on a worker. Work whose caller has gone is dropped before it starts.</summary>
    /// <param name="work">Must not wait for anything.</param>
    /// <param name="wait">True (streams): wait for a place in the queue. False (single calls): refuse when there is none.</param>
    /// <param name="cancel">The caller's patience.</param>
    /// <exception cref="QueueFullException">The queue is full. Thrown at once, not by the task.</exception>
    public Task<T> RunAsync<T>(Func<T> work, bool wait, CancellationToken cancel)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Execute()
        {
            if (cancel.IsCancellationRequested)
            {
                done.TrySetCanceled(cancel);
                return;
            }
            try
            {
                done.TrySetResult(work());
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        }
        async Task<T> WaitAsync()
        {
            await _channel.Writer.WriteAsync(Execute, cancel).ConfigureAwait(false);
            return await done.Task.ConfigureAwait(false);
        }
        if (_channel.Writer.TryWrite(Execute))
        {
            return done.Task;
        }
        return wait ? WaitAsync() : throw new QueueFullException($"{_length} requests are waiting already; try again in a moment.");
    }

    /// <summary>Ends the threads when the queue is empty.</summary>
    public void Dispose()
    {
        _channel.Writer.TryComplete();
        _threads.ForEach(t => t.Join());
    }

    private void Work()
    {
        while (_channel.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_channel.Reader.TryRead(out var execute))
            {
                execute();
            }
        }
    }
}
