using static TorchSharp.torch;

namespace IpGan.Training.Tests;

/// <summary>What trainer/Torch.props mends: TorchSharp as it is published fails here within some ten thousand rounds.</summary>
public sealed class KeepAliveTests
{
    [Fact]
    public void Numbers_are_not_freed_while_libtorch_reads_them()
    {
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
            }
        });
        collector.Start();
        try
        {
            for (var i = 0; i < 30_000; i++)
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
