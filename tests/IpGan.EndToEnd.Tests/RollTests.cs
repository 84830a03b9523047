using Grpc.Core;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.EndToEnd.Tests;

/// <summary>Operators change models under load.</summary>
public sealed class RollTests : IDisposable
{
    private static readonly ModelTriple First = new() { IdentityEncoder = "1", PoseEncoder = "1", Generator = "1" };
    private static readonly ModelTriple Second = new() { IdentityEncoder = "2", PoseEncoder = "2", Generator = "2" };
    private static readonly string[] RolesInOrder = [.. ModelRoles.Rotation.Select(r => r.Name())];

    private readonly TemporaryFolder _repository = new();
    private readonly KnownSets _known;

    public RollTests() => _known = new KnownSets(_repository.Path);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _known.Dispose();
        _repository.Dispose();
    }

    private static async Task<ModelsSnapshot> WatchUntilAsync(Cluster cluster, Func<ModelsSnapshot, bool> wanted)
    {
        using var call = new ModelControl.ModelControlClient(cluster.Gateway.Channel).WatchModels(new WatchModelsRequest(), cancellationToken: Cancel);
        await foreach (var snapshot in call.ResponseStream.ReadAllAsync(Cancel))
        {
            if (wanted(snapshot))
            {
                return snapshot;
            }
        }
        throw new InvalidOperationException("The gateway ended the watch.");
    }

    private static bool IsActive(ModelsSnapshot models, string role, string version) =>
        models.Services.Single(s => s.Role == role).Models.Any(m => m.Active && m.Version == version);

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(2, 1, 0)]
    public async Task Services_rolled_forth_and_back_one_by_one_under_load_answer_from_one_consistent_triple(params int[] order)
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        await using var cluster = await Cluster.StartAsync(_repository.Path, Cancel);
        await using var traffic = new RotationTraffic(cluster.Gateway, _known);
        await traffic.WaitForAsync(First, 5, Cancel);

        foreach (var role in order.Select(i => ModelRoles.Parse(RolesInOrder[i])))
        {
            TinyPackages.Publish(_repository.Path, role, "0b0b0b0b", seed: 2);
            await WatchUntilAsync(cluster, m => IsActive(m, role.Name(), "2"));
            if (role.Name() != RolesInOrder[order[^1]])
            {
                await traffic.WaitForAsync(First, 5, Cancel);
            }
        }
        await traffic.WaitForAsync(Second, 5, Cancel);

        var control = new ModelControl.ModelControlClient(cluster.Gateway.Channel);
        foreach (var role in order.Select(i => RolesInOrder[i]))
        {
            await control.SetVersionAsync(new SetVersionRequest { Role = role, Version = "1" }, cancellationToken: Cancel);
        }
        await traffic.WaitForAsync(First, 5, Cancel);

        Assert.All(await traffic.StopAsync(), seen => Assert.Equal([First, Second, First], seen));
    }

    [Fact]
    public async Task A_complete_new_set_takes_over_once_and_no_request_fails()
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        await using var cluster = await Cluster.StartAsync(_repository.Path, Cancel);
        await using var traffic = new RotationTraffic(cluster.Gateway, _known);
        await traffic.WaitForAsync(First, 5, Cancel);
        TinyPackages.PublishSet(_repository.Path, "0b0b0b0b", seed: 2);
        await traffic.WaitForAsync(Second, 20, Cancel);
        Assert.All(await traffic.StopAsync(), seen => Assert.Equal([First, Second], seen));
    }

    [Fact]
    public async Task Broken_packages_are_refused_with_the_reason_and_the_old_ones_serve_on()
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        await using var cluster = await Cluster.StartAsync(_repository.Path, Cancel);
        await using var traffic = new RotationTraffic(cluster.Gateway, _known);
        foreach (var role in ModelRoles.Rotation)
        {
            foreach (var breakage in Enum.GetValues<Breakage>())
            {
                var version = $"{BrokenPackages.Publish(_repository.Path, role, breakage, "0b0b0b0b", seed: 3)}";
                var state = breakage.IsIncomplete() ? ModelState.Incomplete : ModelState.Rejected;
                var models = await WatchUntilAsync(cluster, m => m.Services.Single(s => s.Role == role.Name()).Models.Any(v => v.Version == version && v.State == state));
                var broken = models.Services.Single(s => s.Role == role.Name()).Models.Single(v => v.Version == version);
                Assert.Contains(breakage.ExpectedProblem(), broken.Problem, StringComparison.Ordinal);
                Assert.Equal(First, models.Serving);
            }
        }
        await traffic.WaitForAsync(First, 5, Cancel);
        Assert.All(await traffic.StopAsync(), seen => Assert.Equal([First], seen));
    }
}
