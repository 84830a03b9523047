using System.Diagnostics;

namespace IpGan.Benchmarks;

/// <summary>What a closed loop measured.</summary>
/// <param name="PerSecond">Requests answered a second.</param>
/// <param name="Median">Time of a request, milliseconds.</param>
/// <param name="Percentile99">99 of 100 requests took less, milliseconds.</param>
internal sealed record Load(double PerSecond, double Median, double Percentile99);

/// <summary>A number of clients, each of which sends its next request when the last one is answered.</summary>
internal static class ClosedLoop
{
    /// <summary>Runs for the given time after a warm-up of a fifth of it.</summary>
    public static async Task<Load> RunAsync(int clients, TimeSpan time, Func<Task> request)
    {
        await MeasureAsync(clients, time / 5, request);
        var started = Stopwatch.GetTimestamp();
        var times = await MeasureAsync(clients, time, request);
        var elapsed = Stopwatch.GetElapsedTime(started);
        times.Sort();
        return new Load(times.Count / elapsed.TotalSeconds, times[times.Count / 2], times[times.Count * 99 / 100]);
    }

    private static async Task<List<double>> MeasureAsync(int clients, TimeSpan time, Func<Task> request)
    {
        var started = Stopwatch.GetTimestamp();
        var each = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            var times = new List<double>();
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                var before = Stopwatch.GetTimestamp();
                await request();
                times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
            return times;
        })));
        return [.. each.SelectMany(t => t)];
    }
}
