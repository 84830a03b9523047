using System.Diagnostics.Metrics;
using IpGan.Serving.Runtime;
using IpGan.Serving.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Tests.Scheduling;

public sealed class WorkQueueTests
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_gives_its_result()
    {
        using var queue = Queue(workers: 2, length: 100);

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => queue.RunAsync(() => i * i, wait: true, Cancel)));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => i * i), results);
    }

    [Fact]
    public async Task Work_that_fails_fails_its_caller_and_the_worker_goes_on()
    {
        using var queue = Queue(workers: 1, length: 10);

        for (var i = 0; i < 3; i++)
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
                queue.RunAsync<int>(() => throw new InvalidOperationException("no"), wait: false, Cancel));
            Assert.Equal("no", error.Message);
        }
        Assert.Equal(7, await queue.RunAsync(() => 7, wait: false, Cancel));
    }

    [Fact]
    public async Task As_many_run_at_once_as_there_are_workers()
    {
        using var queue = Queue(workers: 3, length: 10);
        using var all = new Barrier(3);

        // Each waits for the two others: with fewer workers this would not end.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => queue.RunAsync(() => Meet(all), wait: false, Cancel)));
    }

    [Fact]
    public async Task Full_queue_refuses_single_calls_at_once_and_takes_streams()
    {
        using var busy = new BusyWorker(length: 2);
        var waiting = new[] { busy.Queue.RunAsync(() => 1, wait: false, Cancel), busy.Queue.RunAsync(() => 2, wait: false, Cancel) };
        Assert.True(busy.Queue.IsFull);

        var error = Assert.Throws<QueueFullException>(() => { _ = busy.Queue.RunAsync(() => 3, wait: false, Cancel); });
        Assert.Contains("2 calls or parts of calls are waiting", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.RetryAfter, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        var patient = busy.Queue.RunAsync(() => 4, wait: true, Cancel);
        Assert.False(patient.IsCompleted);

        busy.Release();
        int[] results = await Task.WhenAll([.. waiting, patient]);
        Assert.Equal([1, 2, 4], results);
        Assert.False(busy.Queue.IsFull);
    }

    [Fact]
    public async Task Streams_and_single_calls_are_served_in_turn()
    {
        using var busy = new BusyWorker(length: 100);
        var order = new List<string>();
        Task Wait(string name, bool stream) => busy.Queue.RunAsync(() =>
        {
            order.Add(name);
            return 0;
        }, stream, Cancel);

        // A stream's whole backlog is there before the first single call comes.
        List<Task> all = [.. Enumerable.Range(0, 6).Select(i => Wait($"s{i}", stream: true)), .. Enumerable.Range(0, 3).Select(i => Wait($"c{i}", stream: false))];
        busy.Release();
        await Task.WhenAll(all);

        var places = Enumerable.Range(0, 3).Select(i => order.IndexOf($"c{i}")).ToList();
        Assert.True(places is [<= 1, <= 3, <= 5], string.Join(" ", order));
        Assert.Equal(["s0", "s1", "s2", "s3", "s4", "s5"], order.Where(o => o[0] == 's'));
    }

    [Fact]
    public async Task Backlog_of_streams_takes_no_place_from_single_calls()
    {
        using var busy = new BusyWorker(length: 2);
        var streams = Enumerable.Range(0, 50).Select(i => busy.Queue.RunAsync(() => i, wait: true, Cancel)).ToList();

        Assert.False(busy.Queue.IsFull);
        var call = busy.Queue.RunAsync(() => 7, wait: false, Cancel);

        busy.Release();
        Assert.Equal(7, await call);
        Assert.Equal(Enumerable.Range(0, 50), await Task.WhenAll(streams));
    }

    [Fact]
    public async Task Waits_of_calls_of_streams_and_of_further_parts_are_measured_apart()
    {
        var lanes = new List<object?>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "ipgan.queue.wait.duration" && instrument.Meter.Scope == Meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => lanes.Add(tags[0].Value));
        listener.Start();
        using var queue = Queue(workers: 1, length: 1);

        foreach (var wait in new[] { false, true })
        {
            await queue.RunAsync(() => 0, wait, Cancel);
            await queue.RunAsync(() => 0, wait, Cancel, begun: true);
        }

        Assert.Equal(["calls", "parts", "streams", "parts"], lanes);
    }

    [Fact]
    public async Task Rest_of_a_call_waits_as_streams_do_and_takes_its_places()
    {
        using var busy = new BusyWorker(length: 3);
        List<Task<int>> parts = [busy.Queue.RunAsync(() => 0, wait: false, Cancel), .. Enumerable.Range(1, 5).Select(i => busy.Queue.RunAsync(() => i, wait: false, Cancel, begun: true))];

        Assert.True(busy.Queue.IsFull);
        var error = Assert.Throws<QueueFullException>(() => { _ = busy.Queue.RunAsync(() => 9, wait: false, Cancel); });
        Assert.Contains("6 calls or parts of calls are waiting", error.Message, StringComparison.Ordinal);

        busy.Release();
        var results = await Task.WhenAll(parts);
        Assert.Equal([0, 1, 2, 3, 4, 5], results);
        Assert.False(busy.Queue.IsFull);
    }

    [Fact]
    public async Task Callers_who_go_give_their_places_back_at_once()
    {
        using var busy = new BusyWorker(length: 2);
        using var gone = new CancellationTokenSource();
        var impatient = new[] { busy.Queue.RunAsync(() => 1, wait: false, gone.Token), busy.Queue.RunAsync(() => 2, wait: false, gone.Token) };
        Assert.True(busy.Queue.IsFull);

        await gone.CancelAsync();

        // The worker is still busy.
        Assert.All(impatient, task => Assert.True(task.IsCanceled));
        Assert.False(busy.Queue.IsFull);
        var next = busy.Queue.RunAsync(() => 3, wait: false, Cancel);
        busy.Release();
        Assert.Equal(3, await next);
    }

    [Fact]
    public async Task Caller_who_has_gone_before_he_asks_gets_nothing_begun()
    {
        using var queue = Queue(workers: 1, length: 1);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        var begun = false;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.RunAsync(() => begun = true, wait: false, gone.Token));

        Assert.False(begun);
    }

    [Fact]
    public async Task Callers_who_come_and_go_in_great_numbers_leave_a_queue_that_works()
    {
        using var queue = Queue(workers: 2, length: 8);
        var done = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (i, _) =>
        {
            using var gone = new CancellationTokenSource();
            try
            {
                var task = queue.RunAsync(() => Interlocked.Increment(ref done), wait: i % 2 == 0, gone.Token);
                if (i % 3 == 0)
                {
                    await gone.CancelAsync();
                }
                await task;
            }
            catch (Exception e) when (e is OperationCanceledException or QueueFullException)
            {
                // As it should be.
            }
        });
        Assert.InRange(done, 1, 20_000);
        Assert.False(queue.IsFull);
        Assert.Equal(1, await queue.RunAsync(() => 1, wait: false, Cancel));
    }

    [Fact]
    public async Task Work_whose_caller_went_before_its_turn_is_never_begun()
    {
        using var busy = new BusyWorker(length: 5);
        using var gone = new CancellationTokenSource();
        var begun = false;
        var dropped = busy.Queue.RunAsync(() => begun = true, wait: false, gone.Token);
        var kept = busy.Queue.RunAsync(() => 1, wait: false, Cancel);

        await gone.CancelAsync();
        busy.Release();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dropped);
        Assert.Equal(1, await kept);
        Assert.False(begun);
    }

    [Fact]
    public async Task Caller_who_goes_while_he_waits_for_a_place_leaves_none_taken()
    {
        using var busy = new BusyWorker(length: 1);
        var first = busy.Queue.RunAsync(() => 1, wait: false, Cancel);
        using var gone = new CancellationTokenSource();
        var begun = false;
        var waiting = busy.Queue.RunAsync(() => begun = true, wait: true, gone.Token);

        await gone.CancelAsync();
        // The worker is still busy: the caller does not wait for it.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        busy.Release();
        Assert.Equal(1, await first);
        Assert.Equal(2, await busy.Queue.RunAsync(() => 2, wait: true, Cancel));
        Assert.False(begun);
    }

    [Fact]
    public async Task Caller_who_goes_while_his_work_runs_gets_its_result_and_not_before_it_ends()
    {
        using var queue = Queue(workers: 1, length: 1);
        using var gone = new CancellationTokenSource();
        using ManualResetEventSlim begun = new(), end = new();
        var running = queue.RunAsync(() =>
        {
            begun.Set();
            end.Wait(Cancel);
            return 5;
        }, wait: false, gone.Token);
        begun.Wait(Cancel);

        await gone.CancelAsync();
        // Whoever holds the model for this work must hold it until the network has run.
        Assert.False(running.IsCompleted);
        end.Set();

        Assert.Equal(5, await running);
    }

    [Fact]
    public async Task Queue_that_is_disposed_finishes_what_was_taken()
    {
        var busy = new BusyWorker(length: 5);
        var waiting = Enumerable.Range(0, 5).Select(i => busy.Queue.RunAsync(() => i, wait: false, Cancel)).ToList();
        busy.Release();

        busy.Dispose();

        Assert.All(waiting, task => Assert.True(task.IsCompletedSuccessfully));
        int[] results = await Task.WhenAll(waiting);
        Assert.Equal([0, 1, 2, 3, 4], results);
    }

    private static bool Meet(Barrier all)
    {
        all.SignalAndWait(Cancel);
        return true;
    }

    private static WorkQueue Queue(int workers, int length)
    {
        var options = Options.Create(new ServingOptions { Workers = workers, QueueLength = length, Device = DeviceChoice.Cpu });
        return new WorkQueue(options, new OnnxDevice(options, NullLogger<OnnxDevice>.Instance), Meters);
    }

    /// <summary>A queue whose only worker is busy until it is released.</summary>
    private sealed class BusyWorker : IDisposable
    {
        private readonly ManualResetEventSlim _end = new();

        public BusyWorker(int length)
        {
            Queue = WorkQueueTests.Queue(workers: 1, length);
            using var begun = new ManualResetEventSlim();
            _ = Queue.RunAsync(() =>
            {
                begun.Set();
                _end.Wait(Cancel);
                return 0;
            }, wait: false, Cancel);
            begun.Wait(Cancel);
        }

        public WorkQueue Queue { get; }

        public void Release() => _end.Set();

        public void Dispose()
        {
            Release();
            Queue.Dispose();
            _end.Dispose();
        }
    }
}
