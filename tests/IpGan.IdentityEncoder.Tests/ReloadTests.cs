using System.Globalization;
using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using IpGan.Models;
using IpGan.V1;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;
using static IpGan.Testing.HostOfTwoVersions;

namespace IpGan.IdentityEncoder.Tests;

public sealed class ReloadTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, PackageAnswers> _answers = new();
    private int _seed = 1;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Service_without_a_model_says_so_until_one_comes()
    {
        await using var host = await HostProcess.StartAsync(Project, Settings(_root), waitForReady: false, Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        using var http = new HttpClient();
        using var watch = new Health.HealthClient(host.Channel).Watch(new HealthCheckRequest(), cancellationToken: Cancel);

        Assert.Equal("alive", await http.GetStringAsync(new Uri($"{host.HttpAddress}/healthz"), Cancel));
        using var readiness = await http.GetAsync(new Uri($"{host.HttpAddress}/readyz"), Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, readiness.StatusCode);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        var error = await Assert.ThrowsAsync<RpcException>(() => client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains(_root.Path, error.Status.Detail, StringComparison.Ordinal);
        await host.WaitForLogAsync("No model", Cancel);

        Publish();

        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
        await host.WaitForReadyAsync(Cancel);
        await CheckAsync(await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel));
    }

    [Fact]
    public async Task Versions_are_swapped_under_traffic_and_no_request_fails()
    {
        Publish();
        await using var host = await HostProcess.StartAsync(Project, new Dictionary<string, string>(Settings(_root)) { ["Models:Keep"] = "1" }, cancel: Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        using var stream = client.EmbedStream(cancellationToken: Cancel);
        for (var i = 0; i < 3; i++)
        {
            await stream.RequestStream.WriteAsync(Request(Pictures.Square(1)), Cancel);
        }
        async Task<int> AskAsync() => await CheckAsync(await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel));
        async Task<int> StreamAsync()
        {
            await stream.RequestStream.WriteAsync(Request(Pictures.Square(1)), Cancel);
            Assert.True(await stream.ResponseStream.MoveNext(Cancel));
            return await CheckAsync(stream.ResponseStream.Current);
        }

        await SwapTraffic.RunAsync([AskAsync, AskAsync, StreamAsync], () => Task.FromResult(Publish()), 6, Cancel);

        Assert.DoesNotContain("fail:", host.Log, StringComparison.Ordinal);
        await host.WaitForLogAsync("identity-encoder 6 unloaded", Cancel);
    }

    [Theory]
    [InlineData(Breakage.NanWeights)]
    [InlineData(Breakage.WrongChecksum)]
    [InlineData(Breakage.ManifestMissing)]
    public async Task Broken_version_is_seen_by_whoever_watches_while_the_old_one_answers(Breakage breakage)
    {
        Publish();
        await using var host = await HostProcess.StartAsync(Project, Settings(_root), cancel: Cancel);
        using var watch = new ModelControl.ModelControlClient(host.Channel).WatchModels(new WatchModelsRequest(), cancellationToken: Cancel);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal("1", watch.ResponseStream.Current.Services.Single().Models.Single().Version);

        BrokenPackages.Publish(_root.Path, ModelRole.IdentityEncoder, breakage, Space, 9);

        ModelInfo model;
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(Cancel));
            model = watch.ResponseStream.Current.Services.Single().Models[0];
        }
        while (model.Problem.Length == 0);
        Assert.Equal("2", model.Version);
        Assert.Equal(breakage.IsIncomplete() ? ModelState.Incomplete : ModelState.Rejected, model.State);
        Assert.Contains(breakage.ExpectedProblem(), model.Problem, StringComparison.Ordinal);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        Assert.Equal(1, await CheckAsync(await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel)));
        if (!breakage.IsIncomplete())
        {
            var control = new ModelControl.ModelControlClient(host.Channel);
            var error = await Assert.ThrowsAsync<RpcException>(() =>
                control.SetVersionAsync(new SetVersionRequest { Version = "2" }, cancellationToken: Cancel).ResponseAsync);
            Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
            Assert.Contains(breakage.ExpectedProblem(), error.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Operator_rolls_back_and_forward()
    {
        Publish();
        Publish();
        await using var host = await HostProcess.StartAsync(Project, Settings(_root), cancel: Cancel);
        var control = new ModelControl.ModelControlClient(host.Channel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        async Task<int> AskAsync() => await CheckAsync(await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel));
        Assert.Equal(2, await AskAsync());

        var set = await control.SetVersionAsync(new SetVersionRequest { Role = "identity-encoder", Version = "1" }, cancellationToken: Cancel);
        Assert.Equal("1", set.Services.Single().PinnedVersion);
        Assert.Equal(1, await AskAsync());
        Publish();
        await host.WaitForLogAsync("identity-encoder 3 loaded", Cancel);
        Assert.Equal(1, await AskAsync());

        await control.SetVersionAsync(new SetVersionRequest(), cancellationToken: Cancel);
        Assert.Equal(3, await AskAsync());
    }

    [Fact(Explicit = true)]
    public async Task Memory_does_not_grow_with_the_number_of_reloads()
    {
        const int Ballast = 24 << 20;
        TinyPackages.Publish(_root.Path, ModelRole.IdentityEncoder, Space, 1, ballast: Ballast);
        var settings = new Dictionary<string, string>(Settings(_root)) { ["Models:Keep"] = "1", ["Models:DrainDelay"] = "00:00:00" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);

        long early = 0;
        for (var version = 2; version <= 17; version++)
        {
            TinyPackages.Publish(_root.Path, ModelRole.IdentityEncoder, Space, version, ballast: Ballast);
            await host.WaitForLogAsync($"identity-encoder {version - 1} unloaded", Cancel);
            Directory.Delete(new ModelRepository(_root.Path).Folder(ModelRole.IdentityEncoder, version - 1), recursive: true);
            early = version == 7 ? host.ResidentBytes : early;
        }

        // Ten more versions of 24 MiB each: 240 MiB if they stayed.
        var grown = host.ResidentBytes - early;
        TestContext.Current.SendDiagnosticMessage($"{early >> 20} MiB after 6 reloads, {(early + grown) >> 20} MiB after 16.");
        Assert.True(grown < 4 * Ballast, $"{early:N0} bytes after 6 reloads, {early + grown:N0} after 16");
    }

    public void Dispose()
    {
        foreach (var answers in _answers.Values)
        {
            answers.Dispose();
        }
        _root.Dispose();
    }

    private int Publish()
    {
        var version = TinyPackages.Publish(_root.Path, ModelRole.IdentityEncoder, Space, _seed++);
        _answers[$"{version}"] = PackageAnswers.Open(_root.Path, ModelRole.IdentityEncoder, version);
        return version;
    }

    private async Task<int> CheckAsync(EmbedIdentityResponse response)
    {
        Assert.Null(response.Error);
        PackageAnswers? answers;
        // The service may be quicker than the publisher that has only just renamed the folder.
        while (!_answers.TryGetValue(response.Embedding.ModelVersion, out answers))
        {
            await Task.Delay(5, Cancel);
        }
        Assert.Equal(answers.Embed(Pictures.Square(1))[0], response.Embedding.Values);
        return int.Parse(response.Embedding.ModelVersion, CultureInfo.InvariantCulture);
    }
}
