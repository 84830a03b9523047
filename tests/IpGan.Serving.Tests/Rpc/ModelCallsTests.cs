using IpGan.Serving.Rpc;
using IpGan.Serving.Runtime;
using IpGan.Serving.Tests.Versions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Tests.Rpc;

public sealed class ModelCallsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_keeps_all_workers_of_a_gpu_busy()
    {
        var device = new OnnxDevice(Options.Create(new ServingOptions { BatchSize = 2 * Environment.ProcessorCount }), NullLogger<OnnxDevice>.Instance, () => null);
        Assert.True(device.Workers > Environment.ProcessorCount);
        var calls = new ModelCalls(null!, null!, null!, device);
        var requests = new RequestStream();
        requests.Add(Enumerable.Range(0, 3 * device.Workers));
        requests.End();
        var (started, answer) = (0, new TaskCompletionSource<int>());

        var running = calls.StreamAsync(requests, new ResponseStream(), (_, _) =>
        {
            Interlocked.Increment(ref started);
            return answer.Task;
        }, (_, _) => 0, Cancel);

        await Bench.UntilAsync(() => Volatile.Read(ref started) == 2 * device.Workers);
        answer.SetResult(0);
        await running;
    }
}
