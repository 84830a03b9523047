using System.Text.Json;
using IpGan.Models;

namespace IpGan.CommandLine.Tests;

/// <summary>Models are watched and chosen; on a system of its own, whose models change.</summary>
public sealed class ModelsVerbTests : IAsyncLifetime
{
    private readonly TemporaryFolder _repository = new();
    private Cluster? _cluster;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        TinyPackages.PublishSet(_repository.Path, TinySystem.SpaceId, seed: 1);
        _cluster = await Cluster.StartAsync(_repository.Path, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        _repository.Dispose();
    }

    private async Task<IpGanRun> ExpectAsync(int exitCode, params string[] arguments)
    {
        var run = await IpGanProcess.RunAsync(_repository.Path, _cluster!.Gateway.GrpcAddress, arguments);
        Assert.True(run.ExitCode == exitCode, $"{run.ExitCode}: {run.Errors}");
        return run;
    }

    /// <summary>The version that serves, and the pin.</summary>
    private static (string? Active, string? Pinned) Generator(JsonElement models)
    {
        var service = models.GetProperty("services").EnumerateArray().Single(s => s.GetProperty("role").GetString() == "generator");
        return (service.GetProperty("models").EnumerateArray().Single(m => m.GetProperty("active").GetBoolean()).GetProperty("version").GetString(),
            service.GetProperty("pinned").GetString());
    }

    [Fact]
    public async Task A_version_is_published_seen_rolled_back_and_followed_again()
    {
        Assert.SkipWhen(Signals.InterruptIsIgnored, Signals.WhyIgnored);
        var listed = (await ExpectAsync(0, "models", "list", "--json")).Json;
        Assert.Equal(("1", ""), Generator(listed));
        Assert.Equal(TinyPackages.IdentitySpace(TinySystem.SpaceId), listed.GetProperty("services")[0].GetProperty("models")[0].GetProperty("identitySpace").GetString());

        using var watch = IpGanProcess.Start(_repository.Path, _cluster!.Gateway.GrpcAddress, "models", "watch", "--json");
        // The first line is the state before.
        await watch.UntilAsync(() => watch.Lines.Count > 0);
        TinyPackages.Publish(_repository.Path, ModelRole.Generator, TinySystem.SpaceId, seed: 2);
        await watch.UntilAsync(() => watch.Lines.Any(l => Generator(JsonSerializer.Deserialize<JsonElement>(l)).Active == "2"));

        Assert.Equal(("1", "1"), Generator((await ExpectAsync(0, "models", "rollback", "generator", "--json")).Json));
        var shown = await ExpectAsync(0, "models", "list");
        Assert.Contains("(pinned)", shown.Output, StringComparison.Ordinal);
        Assert.Contains("Rotations are answered by identity-encoder 1, pose-encoder 1, generator 1.", shown.Errors, StringComparison.Ordinal);
        Assert.Contains("before version 1", (await ExpectAsync(2, "models", "rollback", "generator")).Errors, StringComparison.Ordinal);
        Assert.Equal(("2", "2"), Generator((await ExpectAsync(0, "models", "pin", "generator", "2", "--json")).Json));
        Assert.Equal(("2", ""), Generator((await ExpectAsync(0, "models", "pin", "generator", "newest", "--json")).Json));

        watch.Send(Signal.Interrupt);
        var run = await watch.EndAsync();
        Assert.Equal(0, run.ExitCode);
        var pins = run.Output.TrimEnd().Split('\n').Select(l => Generator(JsonSerializer.Deserialize<JsonElement>(l)).Pinned).ToList();
        Assert.Contains("1", pins);
        Assert.Equal("", pins[^1]);
    }
}
