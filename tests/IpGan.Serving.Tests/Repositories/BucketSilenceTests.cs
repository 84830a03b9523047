using IpGan.Serving.Repositories;
using Microsoft.Extensions.Time.Testing;

namespace IpGan.Serving.Tests.Repositories;

public sealed class BucketSilenceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_blocks_before_it_returns_holds_up_nobody()
    {
        var time = new FakeTimeProvider();
        using var silence = new BucketSilence(time, Cancel);
        var asked = new TaskCompletionSource();
        var goesOn = new TaskCompletionSource<int>();
        var waiting = silence.EndAsync(_ =>
        {
            asked.SetResult();
            // As the client does that reads the body of an answer.
            goesOn.Task.Wait(Cancel);
            return goesOn.Task;
        });
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        goesOn.SetResult(1);
    }
}
