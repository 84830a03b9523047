using IpGan.Testing.Faults;
using IpGan.V1;

namespace IpGan.EndToEnd.Tests;

/// <summary>Faults in a short form; <c>dotnet run -c Release --project tests/IpGan.Benchmarks -- faults</c> is the long one.</summary>
public sealed class FaultTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Damaged_packages_are_refused_with_a_reason_and_nobody_who_asks_meanwhile_notices()
    {
        var states = await FaultRuns.DamagedPackagesAsync(packages: 60, seed: 2, Cancel);
        Assert.True(states[ModelState.Rejected] > 20);
        Assert.True(states[ModelState.Incomplete] > 2);
    }

    [Fact]
    public async Task Hostile_requests_are_answered_by_fitting_statuses_and_the_service_lives_on()
    {
        var statuses = await FaultRuns.HostileRequestsAsync(requests: 3000, seed: 2, Cancel);
        Assert.True(statuses[Grpc.Core.StatusCode.InvalidArgument] > 1000);
    }

    [Fact]
    public async Task A_generator_that_stalls_is_lost_after_a_while_and_found_again_and_no_rotation_fails()
    {
        using var repository = new TemporaryFolder();
        TinyPackages.PublishSet(repository.Path, "0a0a0a0a", seed: 1);
        using var known = new KnownSets(repository.Path);
        await using var cluster = await Cluster.StartAsync(repository.Path, Cancel, generators: 2);
        await using var traffic = new RotationTraffic(cluster.Gateway, known);
        var models = new ModelTriple { IdentityEncoder = "1", PoseEncoder = "1", Generator = "1" };
        await traffic.WaitForAsync(models, 5, Cancel);

        var stalled = cluster.Services[2];
        stalled.Stall();
        try
        {
            // Every client gets on, also those whose call was on its way to the one that stalls.
            await cluster.Gateway.WaitForLogAsync($"The generator at {stalled.GrpcAddress} is lost", Cancel);
            await traffic.WaitForAsync(models, 5, Cancel);
        }
        finally
        {
            stalled.Resume();
        }
        var control = new ModelControl.ModelControlClient(cluster.Gateway.Channel);
        await cluster.Gateway.PollAsync("find the generator again", async () =>
            (await control.ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel)).Services.All(s => s.Reachable), Cancel);
        await traffic.WaitForAsync(models, 5, Cancel);
        await traffic.StopAsync();
    }
}
