using System.Collections.Concurrent;
using IpGan.Serving.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace IpGan.Serving.Tests.Runtime;

public sealed class BatcherTests
{
    private readonly ConcurrentQueue<int> _batches = [];
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callers_who_fill_a_batch_share_one_run_and_each_gets_his_own_answer()
    {
        var batcher = Create(size: 4);

        var answers = await AskAsync(batcher, callers: 4);

        Assert.Equal([4], _batches);
        Assert.Equal(Enumerable.Range(0, 4).Select(i => Expected(i)), answers);
    }

    [Fact]
    public async Task Batch_that_is_not_full_goes_when_the_time_is_over()
    {
        var batcher = Create(size: 4);
        var asking = AskAsync(batcher, callers: 2);

        while (!asking.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(2, _batches.Sum());
        Assert.Equal([Expected(0), Expected(1)], await asking);
    }

    [Fact]
    public async Task Items_that_do_not_fit_send_the_batch_off_and_open_the_next()
    {
        var batcher = Create(size: 4);
        var first = Task.Run(() => Ask(batcher, 1, count: 3), Cancel);
        await UntilAsync(() => batcher.Waiting == 3);
        var second = Task.Run(() => Ask(batcher, 2, count: 3), Cancel);

        // The first goes although no time has passed.
        Assert.Equal(Expected(1, 3), await first);
        await UntilAsync(() => batcher.Waiting == 3);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(Expected(2, 3), await second);
        Assert.Equal([3, 3], _batches);
    }

    [Fact]
    public void Caller_with_a_full_batch_waits_for_nobody()
    {
        Assert.Equal(Expected(5, 6), Ask(Create(size: 4), 5, count: 6));
        Assert.Equal([6], _batches);
    }

    [Fact]
    public async Task Run_that_fails_fails_all_its_callers_and_the_next_one_works()
    {
        var batcher = Create(size: 2);
        var failed = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(
            () => Assert.Throws<InvalidOperationException>(() => Ask(batcher, -1, 1)), Cancel)));

        Assert.All(failed, e => Assert.Equal("no", e.Message));
        Assert.Equal([Expected(0), Expected(1)], await AskAsync(batcher, callers: 2));
    }

    [Fact]
    public async Task Many_callers_of_many_sizes_all_get_what_is_theirs()
    {
        var batcher = new Batcher(Run, [2], [1], 8, TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel }, (i, _) =>
        {
            var count = 1 + i % 5;
            Assert.Equal(Expected(i, count), Ask(batcher, i, count));
            return ValueTask.CompletedTask;
        });
        Assert.Equal(2000 * 3, _batches.Sum());
        Assert.All(_batches, b => Assert.InRange(b, 1, 8));
    }

    // A network that adds its two numbers.
    private void Run(int batch, Memory<float>[] inputs, Memory<float>[] outputs)
    {
        _batches.Enqueue(batch);
        Assert.Equal((2 * batch, batch), (inputs[0].Length, outputs[0].Length));
        var given = inputs[0].Span;
        var sums = outputs[0].Span;
        for (var i = 0; i < batch; i++)
        {
            sums[i] = given[2 * i] >= 0 ? given[2 * i] + given[2 * i + 1] : throw new InvalidOperationException("no");
        }
    }

    private Batcher Create(int size) => new(Run, [2], [1], size, TimeSpan.FromSeconds(1), _time);

    private static Task<float[][]> AskAsync(Batcher batcher, int callers) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Factory.StartNew(
            () => Ask(batcher, i, 1), Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    private static float[] Ask(Batcher batcher, int caller, int count)
    {
        var sums = new float[count];
        batcher.Run(count, [Enumerable.Range(0, count).SelectMany(i => new float[] { caller, i }).ToArray()], [sums]);
        return sums;
    }

    private static float[] Expected(int caller, int count = 1) => [.. Enumerable.Range(0, count).Select(i => (float)caller + i)];

    private static Task UntilAsync(Func<bool> condition) => Versions.Bench.UntilAsync(condition);
}
