using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using IpGan.Models;
using IpGan.Testing;
using IpGan.V1;
using SkiaSharp;

namespace IpGan.Benchmarks;

/// <summary>The identity encoder under load while version after version is published.</summary>
internal static class ReloadBench
{
    private const int Clients = 2;

    // Long enough for verification, load, warm-up, golden check, swap and drain of a package.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    public static async Task<ReloadReport> RunAsync(string models, int reloads, CancellationToken cancel)
    {
        using var root = new TemporaryFolder();
        var package = new ModelRepository(models).Folder(ModelRole.IdentityEncoder, new ModelRepository(models).Versions(ModelRole.IdentityEncoder)[0]);
        var repository = new ModelRepository(root.Path);
        PackageCopy.Publish(package, repository, ModelRole.IdentityEncoder, 1);
        await using var host = await HostProcess.StartAsync("IpGan.IdentityEncoder", HostOfTwoVersions.Settings(root), cancel: cancel);
        var client = new IdentityEncoder.IdentityEncoderClient(host.Channel);
        var control = new ModelControl.ModelControlClient(host.Channel);
        var request = new EmbedRequest { Image = new Image { Content = ByteString.CopyFrom(Pictures.Square(1, 160, SKEncodedImageFormat.Jpeg)), Cropped = true } };

        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var started = Stopwatch.GetTimestamp();
        var answers = new ConcurrentBag<(TimeSpan At, double Milliseconds)>();
        var failures = 0;
        var asking = Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var at = Stopwatch.GetElapsedTime(started);
                try
                {
                    await client.EmbedAsync(request);
                    answers.Add((at, (Stopwatch.GetElapsedTime(started) - at).TotalMilliseconds));
                }
                catch (RpcException)
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }, cancel)).ToList();

        var published = new List<TimeSpan>();
        var memory = new List<MemoryLine>();
        for (var reload = 1; reload <= reloads; reload++)
        {
            published.Add(Stopwatch.GetElapsedTime(started));
            var version = $"{reload + 1}";
            PackageCopy.Publish(package, repository, ModelRole.IdentityEncoder, reload + 1);
            await host.PollAsync($"swap to {version}", async () => (await control.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancel))
                .Services[0].Models.Any(m => m.Active && m.Version == version), cancel);
            if (reload is 1 or 10 || reload == reloads)
                memory.Add(new MemoryLine(reload, host.ResidentBytes >> 20));
            // The time between windows is what they are compared with.
            var next = published[^1] + Window * 2;
            await host.PollAsync("go on", () => Task.FromResult(Stopwatch.GetElapsedTime(started) > next), cancel);
        }
        await done.CancelAsync();
        await Task.WhenAll(asking);
        // The first second is the clients' own warm-up.
        var counted = answers.Where(a => a.At > Window).ToList();
        bool Within((TimeSpan At, double) a) => published.Any(p => a.At >= p && a.At < p + Window);
        var tenth = memory.FirstOrDefault(m => m.Reloads >= 10) ?? memory[^1];
        return new ReloadReport(
            Window.TotalMilliseconds, Percentile99(counted.Where(Within)), Percentile99(counted.Where(a => !Within(a))), answers.Count, failures, memory,
            (double)memory[^1].ResidentMiB / tenth.ResidentMiB);
    }

    private static double Percentile99(IEnumerable<(TimeSpan, double Milliseconds)> answers)
    {
        var sorted = answers.Select(a => a.Milliseconds).Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[sorted.Count * 99 / 100];
    }
}
