using System.Diagnostics;
using System.Diagnostics.Metrics;
using IpGan.Serving.Runtime;
using IpGan.Telemetry;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Scheduling;

/// <summary>
/// Decoding and networks run here, on a fixed number of own threads, so that a burst waits or is refused instead of slowing down everything. Single calls
/// and streams wait in two lanes that are served in turn: a stream of thousands of pictures and somebody with one picture each get their half. Single calls
/// are bounded by the number of their parts, of which most calls have one; streams bound themselves, each of which has few items under way.
/// </summary>
public sealed class WorkQueue : IDisposable
{
    // How much the latest piece of work counts for the time that one is expected to take.
    private const double Newest = 0.05;
    private static readonly TimeSpan ShortestAdvice = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestAdvice = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly LinkedList<Job> _calls = [];
    private readonly LinkedList<Job> _streams = [];
    private readonly List<Thread> _threads;
    private readonly int _length;
    private readonly Histogram<double> _waits;
    private long _refused;
    private long _dropped;
    private int _running;
    private double _seconds;
    private int _counted;
    private bool _streamsTurn;
    private bool _closed;

    /// <summary>Starts the threads.</summary>
    public WorkQueue(IOptions<ServingOptions> options, OnnxDevice device, IMeterFactory meters)
    {
        _length = options.Value.QueueLength;
        var meter = meters.Create(ServingMetrics.MeterName);
        meter.CreateObservableUpDownCounter("ipgan.queue.waiting", () => Waiting, "{part}", "Calls, items of streams and parts of either that wait for a worker.");
        meter.CreateObservableUpDownCounter("ipgan.queue.running", () => Volatile.Read(ref _running), "{part}", "The same that a worker is busy with.");
        _waits = RpcDuration.CreateSeconds(meter, "ipgan.queue.wait.duration", "Time from a place in the queue to a worker.");
        meter.CreateObservableCounter("ipgan.queue.refused", () => Volatile.Read(ref _refused), "{call}", "Calls that found the queue full, or too many bytes of calls in memory.");
        meter.CreateObservableCounter("ipgan.queue.dropped", () => Volatile.Read(ref _dropped), "{part}", "Calls, items and parts whose caller went, or was too late, before a worker began.");
        _threads = [.. Enumerable.Range(0, device.Workers).Select(i => new Thread(Work) { IsBackground = true, Name = $"worker {i}" })];
        _threads.ForEach(t => t.Start());
    }

    /// <summary>True if a single call would be refused.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return Full;
            }
        }
    }

    private bool Full => _counted >= _length;

    private int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _calls.Count + _streams.Count;
            }
        }
    }

    /// <summary>Runs a function on a worker. Work whose caller goes, or whose deadline passes, before its turn is dropped at once.</summary>
    /// <param name="work">Must not wait for anything.</param>
    /// <param name="wait">True (streams): wait, however long the queue. False (single calls): refuse when it is full.</param>
    /// <param name="cancel">The caller's patience.</param>
    /// <param name="begun">True: a further part of what was let in. It waits as streams do; of a single call it counts as one more.</param>
    /// <exception cref="QueueFullException">The queue is full. Thrown at once, not by the task.</exception>
    public Task<T> RunAsync<T>(Func<T> work, bool wait, CancellationToken cancel, bool begun = false)
    {
        if (cancel.IsCancellationRequested)
        {
            Interlocked.Increment(ref _dropped);
            return Task.FromCanceled<T>(cancel);
        }
        var job = new Job<T>(this, wait || begun ? _streams : _calls, work)
        {
            Label = begun ? "parts" : wait ? "streams" : "calls",
            Request = wait ? default : Activity.Current?.Context ?? default,
            Counts = !wait,
        };
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!wait && !begun && Full)
            {
                throw Refuse();
            }
            job.Lane.AddLast(job.Place);
            Count(job, 1);
        }
        _available.Release();
        job.DropWhen(cancel);
        return job.Result;
    }

    /// <summary>Counts a refusal, and says when to come back: when what waits now will probably have been worked off.</summary>
    /// <param name="why">The reason, a clause without its end. Null: that there is no place.</param>
    public QueueFullException Refuse(string? why = null)
    {
        Interlocked.Increment(ref _refused);
        int waiting;
        lock (_lock)
        {
            // Some may have been served since the look that found it full.
            waiting = why is null ? Math.Max(_counted, _length) : _counted;
        }
        var seconds = Volatile.Read(ref _seconds) * waiting / _threads.Count;
        var after = TimeSpan.FromSeconds(Math.Clamp(seconds, ShortestAdvice.TotalSeconds, LongestAdvice.TotalSeconds));
        return new QueueFullException($"{why ?? $"{waiting} calls or parts of calls are waiting already"}; try again in {after.TotalSeconds:F1} s.", after);
    }

    /// <summary>Ends the threads when the queue is empty.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
        }
        _available.Release(_threads.Count);
        _threads.ForEach(t => t.Join());
        _available.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            _available.Wait();
            Job? job;
            lock (_lock)
            {
                job = Next();
                if (job is null && _closed)
                {
                    return;
                }
            }
            if (job is null)
            {
                // It was dropped after it had been announced.
                continue;
            }
            Interlocked.Increment(ref _running);
            var started = Stopwatch.GetTimestamp();
            var waited = Stopwatch.GetElapsedTime(job.Queued, started);
            _waits.Record(waited.TotalSeconds, new KeyValuePair<string, object?>("lane", job.Label));
            using (ServingSpans.Run(job.Request, waited))
            {
                job.Run();
            }
            var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Interlocked.Decrement(ref _running);
            // Another worker may write meanwhile; an estimate can bear that.
            var before = Volatile.Read(ref _seconds);
            Volatile.Write(ref _seconds, before == 0 ? took : before + Newest * (took - before));
        }
    }

    private Job? Next()
    {
        var lane = _streams.Count > 0 && (_streamsTurn || _calls.Count == 0) ? _streams : _calls;
        _streamsTurn = lane == _calls;
        var place = lane.First;
        if (place is not null)
        {
            lane.Remove(place);
            Count(place.Value, -1);
        }
        return place?.Value;
    }

    private void Count(Job job, int sign)
    {
        if (job.Counts)
        {
            _counted += sign;
        }
    }

    private bool Leave(Job job)
    {
        lock (_lock)
        {
            if (job.Place.List is null)
            {
                return false;
            }
            job.Lane.Remove(job.Place);
            Count(job, -1);
        }
        Interlocked.Increment(ref _dropped);
        return true;
    }

    private abstract class Job
    {
        protected Job(LinkedList<Job> lane)
        {
            Lane = lane;
            Place = new LinkedListNode<Job>(this);
        }

        public LinkedList<Job> Lane { get; }

        public LinkedListNode<Job> Place { get; }

        /// <summary>When it came.</summary>
        public long Queued { get; } = Stopwatch.GetTimestamp();

        /// <summary>What it is measured as. Further parts wait because one caller asks for much, on an idle machine, too.</summary>
        public required string Label { get; init; }

        /// <summary>The request that is traced; of a stream only the stream as a whole is.</summary>
        public ActivityContext Request { get; init; }

        /// <summary>Whether it is a single call's, or a part of one.</summary>
        public bool Counts { get; init; }

        public abstract void Run();
    }

    private sealed class Job<T>(WorkQueue queue, LinkedList<Job> lane, Func<T> work) : Job(lane)
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Result => _done.Task;

        public void DropWhen(CancellationToken cancel)
        {
            if (!cancel.CanBeCanceled)
            {
                return;
            }
            var registration = cancel.UnsafeRegister(static (state, token) => ((Job<T>)state!).Drop(token), this);
            _ = _done.Task.ContinueWith(static (_, r) => ((CancellationTokenRegistration)r!).Dispose(), registration, CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        public override void Run()
        {
            try
            {
                _done.TrySetResult(work());
            }
            catch (Exception e)
            {
                _done.TrySetException(e);
            }
        }

        // Once it has begun it is finished: whoever holds a model for it must hold it until the network has run.
        private void Drop(CancellationToken token)
        {
            if (queue.Leave(this))
            {
                _done.TrySetCanceled(token);
            }
        }
    }
}
