using IpGan.Serving.Rpc;

namespace IpGan.Serving.Tests.Rpc;

public sealed class OrderedStreamTests
{
    private readonly RequestStream _requests = new();
    private readonly Dictionary<int, TaskCompletionSource<int>> _work = Enumerable.Range(0, 100).ToDictionary(i => i, _ => new TaskCompletionSource<int>());
    private int _started;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_come_in_the_order_of_the_requests_whichever_is_ready_first()
    {
        var responses = new ResponseStream();
        var running = OrderedStream.RunAsync(_requests, responses, AnswerAsync, 4, Cancel);
        _requests.Add(0, 1, 2);
        _requests.End();
        await StartedAsync(3);

        Finish(2);
        Finish(1);
        Assert.True(responses.IsEmpty);
        Finish(0);

        await responses.ExpectAsync(0, 10, 20);
        await running;
    }

    [Fact]
    public async Task No_more_are_worked_on_at_once_than_allowed()
    {
        var responses = new ResponseStream();
        var running = OrderedStream.RunAsync(_requests, responses, AnswerAsync, 3, Cancel);
        _requests.Add(Enumerable.Range(0, 10));
        _requests.End();
        await StartedAsync(3);

        // Those behind the first are ready, but the first holds them up, and so whoever comes next.
        Finish(1);
        Finish(2);
        Assert.Equal((3, 3), (_started, _requests.Read));
        Finish(0);
        await responses.ExpectAsync(0, 10, 20);
        await StartedAsync(6);

        for (var i = 3; i < 10; i++)
        {
            Finish(i);
        }
        await responses.ExpectAsync([.. Enumerable.Range(3, 7).Select(i => 10 * i)]);
        await running;
    }

    [Fact]
    public async Task Client_that_does_not_take_its_answers_is_not_read_from()
    {
        foreach (var work in _work.Keys)
        {
            Finish(work);
        }
        var responses = new ResponseStream(window: 2);
        var running = OrderedStream.RunAsync(_requests, responses, AnswerAsync, 3, Cancel);
        _requests.Add(Enumerable.Range(0, 100));
        _requests.End();

        // Two are in the client's window and three wait.
        await StartedAsync(5);
        Assert.Equal(5, _requests.Read);
        for (var taken = 1; taken <= 20; taken++)
        {
            await responses.ExpectAsync(10 * (taken - 1));
            await StartedAsync(5 + taken);
            Assert.Equal(5 + taken, _requests.Read);
        }
        await responses.ExpectAsync([.. Enumerable.Range(20, 80).Select(i => 10 * i)]);
        await running;
    }

    [Fact]
    public async Task Requests_that_break_off_are_answered_before_the_failure_is_told()
    {
        var responses = new ResponseStream();
        var running = OrderedStream.RunAsync(_requests, responses, AnswerAsync, 4, Cancel);
        _requests.Add(0, 1);
        _requests.End(new IOException("The connection is gone."));
        await StartedAsync(2);
        Finish(0);
        Finish(1);

        await responses.ExpectAsync(0, 10);
        Assert.Equal("The connection is gone.", (await Assert.ThrowsAsync<IOException>(() => running)).Message);
    }

    [Fact]
    public async Task Answer_that_fails_ends_the_stream_and_stops_the_others()
    {
        var stopped = new TaskCompletionSource();
        var responses = new ResponseStream();
        var running = OrderedStream.RunAsync<int, int>(_requests, responses, async (request, cancel) =>
        {
            if (request == 0)
            {
                await StartedAsync(1);
                throw new InvalidOperationException("no");
            }
            using var registration = cancel.Register(stopped.SetResult);
            Interlocked.Increment(ref _started);
            await stopped.Task;
            return request;
        }, 4, Cancel);

        // The client goes on sending: the stream must end all the same.
        _requests.Add(0, 1);

        await Assert.ThrowsAsync<InvalidOperationException>(() => running);
        await stopped.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task Caller_who_goes_ends_the_stream_and_the_work_for_it()
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var cancelled = new TaskCompletionSource();
        var running = OrderedStream.RunAsync<int, int>(_requests, new ResponseStream(), async (_, cancel) =>
        {
            Interlocked.Increment(ref _started);
            await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancelled.TrySetResult();
            throw new OperationCanceledException(cancel);
        }, 4, gone.Token);
        _requests.Add(0);
        await StartedAsync(1);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await cancelled.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task Empty_stream_ends_well()
    {
        _requests.End();
        await OrderedStream.RunAsync(_requests, new ResponseStream(), AnswerAsync, 1, Cancel);
    }

    private Task<int> AnswerAsync(int request, CancellationToken cancel)
    {
        Interlocked.Increment(ref _started);
        return _work[request].Task;
    }

    private void Finish(int request) => _work[request].SetResult(10 * request);

    private Task StartedAsync(int count) => Versions.Bench.UntilAsync(() => Volatile.Read(ref _started) >= count);
}
