using System.Collections.Concurrent;
using System.Globalization;
using IpGan.Models;
using IpGan.V1;
using static IpGan.Generator.Tests.GeneratorFixture;
using static IpGan.Testing.HostOfTwoVersions;

namespace IpGan.Generator.Tests;

public sealed class LifecycleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Versions_are_swapped_under_traffic_and_no_request_fails()
    {
        using var root = new TemporaryFolder();
        var drawn = new ConcurrentDictionary<int, byte[][]>();
        int Publish()
        {
            // Known before the service can know it.
            var next = drawn.Count + 1;
            using var elsewhere = new TemporaryFolder();
            TinyPackages.Publish(elsewhere.Path, ModelRole.Generator, Space, next);
            using var answers = PackageAnswers.Open(elsewhere.Path, ModelRole.Generator, 1);
            drawn[next] = [.. Enumerable.Range(0, 6).Select(pose => Drawn(answers, 1, pose))];
            return TinyPackages.Publish(root.Path, ModelRole.Generator, Space, next);
        }
        Publish();
        await using var host = await HostProcess.StartAsync(Project, new Dictionary<string, string>(Settings(root)) { ["Models:Keep"] = "1" }, cancel: Cancel);
        var client = new V1.Generator.GeneratorClient(host.Channel);
        using var stream = client.GenerateStream(cancellationToken: Cancel);
        for (var i = 0; i < 3; i++)
        {
            await stream.RequestStream.WriteAsync(Request(1, 0, 1, 2, 3, 4, 5), Cancel);
        }
        int Check(GenerateResponse response)
        {
            Assert.Null(response.Error);
            var version = int.Parse(response.ModelVersion, CultureInfo.InvariantCulture);
            // All parts of one request come from one version.
            for (var pose = 0; pose < 6; pose++)
            {
                AssertSame(drawn[version][pose], Pixels(response.Images[pose]));
            }
            return version;
        }
        async Task<int> AskAsync() => Check(await client.GenerateAsync(Request(1, 0, 1, 2, 3, 4, 5), cancellationToken: Cancel));
        async Task<int> StreamAsync()
        {
            await stream.RequestStream.WriteAsync(Request(1, 0, 1, 2, 3, 4, 5), Cancel);
            Assert.True(await stream.ResponseStream.MoveNext(Cancel));
            return Check(stream.ResponseStream.Current);
        }

        await SwapTraffic.RunAsync([AskAsync, StreamAsync], () => Task.FromResult(Publish()), 4, Cancel);

        Assert.DoesNotContain("fail:", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_that_has_begun_is_finished_when_the_process_is_asked_to_stop()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There is no SIGTERM.");
        }
        using var root = new TemporaryFolder();
        // Weights that take their time.
        TinyPackages.Publish(root.Path, ModelRole.Generator, Space, 1, ballast: 64 << 20);
        using var answers = PackageAnswers.Open(root.Path, ModelRole.Generator, 1);
        var settings = new Dictionary<string, string>(Settings(root)) { ["Models:Workers"] = "1" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);
        var client = new V1.Generator.GeneratorClient(host.Channel);
        var poses = Enumerable.Range(0, 64).ToArray();
        var begun = Task.FromResult(new GenerateResponse());

        // Frozen at work, the process is as it was looked at when it is asked to stop; once more where it was quicker.
        while (begun.IsCompletedSuccessfully)
        {
            host.Resume();
            begun = client.GenerateAsync(Request(1, poses), cancellationToken: Cancel).ResponseAsync;
            // A second request gets its turn among the first one's parts: when it is answered, the first one is at work.
            await client.GenerateAsync(Request(1, 1), cancellationToken: Cancel);
            host.Stall();
        }
        host.SendTerminate();
        host.Resume();

        var response = await begun;
        Assert.Equal(64, response.Images.Count);
        foreach (var pose in new[] { 0, 31, 63 })
        {
            AssertSame(Drawn(answers, 1, pose), Pixels(response.Images[pose]));
        }
        Assert.Equal(0, await host.WaitForExitAsync(Cancel));
        Assert.DoesNotContain("fail:", host.Log, StringComparison.Ordinal);
    }
}
