using System.Diagnostics;
using IpGan.Models;
using IpGan.Testing;

namespace IpGan.Benchmarks.Soak;

/// <summary>The whole system under steady load, for long, while versions come and go.</summary>
internal static class SoakRun
{
    // As many as there are loaded, and some that drain; older folders are removed.
    private const int Kept = 6;
    private const int MostSamples = 120;
    private static readonly TimeSpan ShortestSample = TimeSpan.FromSeconds(5);

    public static async Task<SoakReport> RunAsync(string models, TimeSpan time, double rate, TimeSpan reload, Action<SoakSample> tell, CancellationToken cancel)
    {
        using var root = new TemporaryFolder();
        var (shipped, repository) = (new ModelRepository(models), new ModelRepository(root.Path));
        void Publish(ModelRole role, int version) => PackageCopy.Publish(shipped.Folder(role, shipped.Versions(role)[0]), repository, role, version);
        foreach (var role in ModelRoles.Rotation)
            Publish(role, 1);
        // Watched, as it is where it runs for long.
        await using var cluster = await Cluster.StartAsync(root.Path, cancel, settings: new Dictionary<string, string> { ["Kestrel:Endpoints:Metrics:Url"] = "http://127.0.0.1:0" });
        var processes = new Dictionary<string, HostProcess>
        {
            ["identity-encoder"] = cluster.Services[0],
            ["pose-encoder"] = cluster.Services[1],
            ["generator"] = cluster.Services[2],
            ["gateway"] = cluster.Gateway,
        };
        using var metrics = new HttpClient();

        var load = new SoakLoad(cluster.Gateway);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var asking = load.RunAsync(rate, stop.Token);
        var samples = new List<SoakSample>();
        var every = time / MostSamples > ShortestSample ? time / MostSamples : ShortestSample;
        var (reloads, started) = (0, Stopwatch.GetTimestamp());
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (samples.Count == 0 || samples[^1].Minutes < time.TotalMinutes)
        {
            await timer.WaitForNextTickAsync(cancel);
            var now = Stopwatch.GetElapsedTime(started);
            if (now > reload * (reloads + 1))
            {
                // One role after the other, so that the triple changes each time.
                var role = ModelRoles.Rotation.ElementAt(reloads % ModelRoles.Rotation.Count());
                var version = repository.Versions(role)[0] + 1;
                Publish(role, version);
                reloads++;
                if (version > Kept)
                    Directory.Delete(repository.Folder(role, version - Kept), recursive: true);
            }
            if (now >= every * (samples.Count + 1))
            {
                foreach (var process in processes.Values)
                    await metrics.GetStringAsync(new Uri($"{process.MetricsAddress}/metrics"), cancel);
                samples.Add(new SoakSample(now.TotalMinutes, reloads, load.Take(), processes.ToDictionary(p => p.Key, p => p.Value.ResidentBytes / 1048576.0)));
                tell(samples[^1]);
            }
        }
        await stop.CancelAsync();
        await asking;
        return SoakReport.Of(time.TotalMinutes, rate, reloads, load.Failures, samples);
    }
}
