using System.Diagnostics;
using IpGan.Testing;

namespace IpGan.Benchmarks;

/// <summary>From the start of a process to ready, the median of five, one process after the other.</summary>
internal static class StartBench
{
    private const int Times = 5;

    public static async Task<IReadOnlyList<StartLine>> RunAsync(string models, CancellationToken cancel)
    {
        var lines = new List<StartLine>();
        foreach (var project in new[] { "IpGan.IdentityEncoder", "IpGan.PoseEncoder", "IpGan.Generator" })
        {
            var seconds = new List<double>();
            for (var i = 0; i < Times; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await using var host = await HostProcess.StartAsync(project, new Dictionary<string, string> { ["Models:Repository"] = models }, cancel: cancel);
                seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
            lines.Add(new StartLine(project, seconds.Order().ElementAt(Times / 2)));
        }
        return lines;
    }
}
