using static TorchSharp.torch;

namespace IpGan.Training.Tests;

/// <summary>What trainer/Torch.props mends: TorchSharp as it is published fails here within some ten thousand rounds.</summary>
public sealed class KeepAliveTests
{
    [Fact]
    public void Numbers_are_not_freed_while_libtorch_reads_them()
    {
        const int Rounds = 20_000;
        var round = 0;
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                // One a round: a thread that does nothing but collect leaves no time for anything else.
                var before = Volatile.Read(ref round);
                GC.Collect(0);
                SpinWait.SpinUntil(() => Volatile.Read(ref round) != before || done.IsCancellationRequested);
            }
        });
        collector.Start();
        try
        {
            for (; round < Rounds; Interlocked.Increment(ref round))
            {
                using var scope = NewDisposeScope();
                Assert.Equal(16 * 49, ((full(16, 3f) * 2 + 1).pow(2) / 1.0).sum().item<float>());
            }
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
    }
}
