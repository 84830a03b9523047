using System.Diagnostics;
using Grpc.Core;

namespace IpGan.Benchmarks;

/// <summary>
/// Requests that come at a fixed rate, whether the last one was answered or not. Their time counts from when they were due: a system that
/// stalls cannot hide behind clients that wait for it.
/// </summary>
internal static class OpenLoopBench
{
    private static readonly double[] Shares = [0.5, 0.8, 1.2];

    public static async Task<IReadOnlyList<RateLine>> RunAsync(SystemUnderTest system, IReadOnlyList<ThroughputLine> throughput, TimeSpan time, CancellationToken cancel)
    {
        var lines = new List<RateLine>();
        foreach (var (work, request) in new[] { ("embed, service", system.EmbedService), ("rotate, gateway", system.RotateGateway) })
        {
            var capacity = throughput.Where(t => t.Work == work).Max(t => t.Load.PerSecond);
            foreach (var share in Shares)
                lines.Add(await MeasureAsync(work, request, capacity * share, share, time, cancel));
        }
        return lines;
    }

    private static async Task<RateLine> MeasureAsync(string work, Func<Task> request, double rate, double share, TimeSpan time, CancellationToken cancel)
    {
        var (times, refused) = (new List<double>(), 0);
        var running = new List<Task>();
        var started = Stopwatch.GetTimestamp();
        for (var n = 0; ; n++)
        {
            var due = TimeSpan.FromSeconds(n / rate);
            if (due > time)
                break;
            // A timer is too coarse for the last millisecond; yielding is not waiting for a condition but for the clock.
            while (Stopwatch.GetElapsedTime(started) < due)
                await Task.Delay(due - Stopwatch.GetElapsedTime(started) > TimeSpan.FromMilliseconds(2) ? 1 : 0, cancel);
            running.Add(AskAsync(due));
        }
        await Task.WhenAll(running);
        times.Sort();
        return new RateLine(work, rate, share, times.Count, refused, Percentile(times, 0.5), Percentile(times, 0.99));

        async Task AskAsync(TimeSpan due)
        {
            try
            {
                await request();
                lock (times)
                    times.Add((Stopwatch.GetElapsedTime(started) - due).TotalMilliseconds);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.ResourceExhausted)
            {
                Interlocked.Increment(ref refused);
            }
        }
    }

    private static double Percentile(List<double> sorted, double share) => sorted.Count == 0 ? double.NaN : sorted[(int)(sorted.Count * share)];
}
