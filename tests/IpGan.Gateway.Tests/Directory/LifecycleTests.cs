using Grpc.Core;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Directory;

/// <summary>Services that come and go behind a running gateway.</summary>
public sealed class LifecycleTests : IDisposable
{
    private readonly TemporaryFolder _repository = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _repository.Dispose();

    private static RotateRequest Request(ModelsSnapshot models) => new()
    {
        Source = new RotationSource
        {
            Identity = new Embedding
            {
                Values = { 1, 0, 0, 0, 0, 0, 0, 0 },
                Space = models.Services.Single(s => s.Role == "identity-encoder").Models.First(m => m.Version == models.Serving.IdentityEncoder).IdentitySpace.Name,
            },
        },
        Targets = { new RotationTarget { Angles = new Angles { Yaw = 10 } } },
    };

    /// <summary>Follows the gateway's own watch until a snapshot is as wanted: the test for <c>WatchModels</c>, too.</summary>
    private static async Task<ModelsSnapshot> WatchUntilAsync(HostProcess gateway, Func<ModelsSnapshot, bool> wanted)
    {
        using var call = new ModelControl.ModelControlClient(gateway.Channel).WatchModels(new WatchModelsRequest(), cancellationToken: Cancel);
        await foreach (var snapshot in call.ResponseStream.ReadAllAsync(Cancel))
        {
            if (wanted(snapshot))
            {
                return snapshot;
            }
        }
        throw new InvalidOperationException("The gateway ended the watch.");
    }

    [Fact]
    public async Task One_of_two_generators_can_be_killed_and_rotations_go_on()
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        await using var cluster = await Cluster.StartAsync(_repository.Path, Cancel, generators: 2);
        var models = await WatchUntilAsync(cluster.Gateway, m => m.Services.All(s => s.Reachable) && m.Serving is not null);
        var client = new FaceRotation.FaceRotationClient(cluster.Gateway.Channel);

        await cluster.Services[2].DisposeAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Single((await client.RotateAsync(Request(models), cancellationToken: Cancel)).Images);
        }
        var after = await WatchUntilAsync(cluster.Gateway, m => m.Services.Any(s => !s.Reachable));
        Assert.Equal("generator", after.Services.Single(s => !s.Reachable).Role);
        Assert.Contains($"The generator at {cluster.Services[2].GrpcAddress} cannot be reached.", after.Note, StringComparison.Ordinal);

        await cluster.Services[3].DisposeAsync();
        await WatchUntilAsync(cluster.Gateway, m => m.Serving is null);
        var error = await Assert.ThrowsAsync<RpcException>(() => client.RotateAsync(Request(models), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("No generator is loaded.", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_starts_first_waits_for_its_services()
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        Dictionary<string, string> service = new() { ["Models:Repository"] = _repository.Path };
        await using var identity = await HostProcess.StartAsync("IpGan.IdentityEncoder", service, cancel: Cancel);
        await using var pose = await HostProcess.StartAsync("IpGan.PoseEncoder", service, cancel: Cancel);
        // Nobody listens there yet.
        var generator = $"http://127.0.0.1:{Ports.Unused()}";
        await using var gateway = await HostProcess.StartAsync("IpGan.Gateway", new Dictionary<string, string>
        {
            ["Gateway:IdentityEncoders:0"] = identity.GrpcAddress,
            ["Gateway:PoseEncoders:0"] = pose.GrpcAddress,
            ["Gateway:Generators:0"] = generator,
        }, waitForReady: false, cancel: Cancel);
        await WatchUntilAsync(gateway, m => m.Services.Count(s => s.Reachable) == 2);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"{gateway.HttpAddress}/readyz"), Cancel);
        Assert.Equal(503, (int)answer.StatusCode);
        // Whoever asks here may be anybody: no addresses, versions or spaces.
        Assert.Equal("No consistent set of models is up; GET /v1/models says why.", await answer.Content.ReadAsStringAsync(Cancel));
        // No rotation, but vectors: after a while balancers may send callers here all the same.
        using var health = new Grpc.Health.V1.Health.HealthClient(gateway.Channel).Watch(new() { Service = "gateway" }, cancellationToken: Cancel);
        do
        {
            Assert.True(await health.ResponseStream.MoveNext(Cancel));
        }
        while (health.ResponseStream.Current.Status != Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving);
        Assert.Equal(503, (int)(await http.GetAsync(new Uri($"{gateway.HttpAddress}/readyz"), Cancel)).StatusCode);
        await new IdentityEncoder.IdentityEncoderClient(gateway.Channel).EmbedAsync(
            new EmbedRequest { Image = new Image { Content = Google.Protobuf.ByteString.CopyFrom(Pictures.Square(1)), Cropped = true } }, cancellationToken: Cancel);

        await using var back = await HostProcess.StartAsync("IpGan.Generator",
            service.Append(new("Kestrel:Endpoints:Grpc:Url", generator)), cancel: Cancel);
        await gateway.WaitForReadyAsync(Cancel);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gateway")]
    public async Task A_gateway_that_stops_says_so_to_who_watches_its_health_and_waits_for_none_of_them(string service)
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        await using var cluster = await Cluster.StartAsync(_repository.Path, Cancel);
        using var health = new Grpc.Health.V1.Health.HealthClient(cluster.Gateway.Channel).Watch(new() { Service = service }, cancellationToken: Cancel);
        Assert.True(await health.ResponseStream.MoveNext(Cancel));
        Assert.Equal(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, health.ResponseStream.Current.Status);

        cluster.Gateway.SendTerminate();

        Assert.True(await health.ResponseStream.MoveNext(Cancel));
        Assert.Equal(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.NotServing, health.ResponseStream.Current.Status);
        Assert.False(await health.ResponseStream.MoveNext(Cancel));
        Assert.Equal(0, await cluster.Gateway.WaitForExitAsync(Cancel));
    }

    [Fact]
    public async Task A_service_of_another_role_is_not_taken_for_the_expected_one()
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        await using var identity = await HostProcess.StartAsync("IpGan.IdentityEncoder", new Dictionary<string, string> { ["Models:Repository"] = _repository.Path }, cancel: Cancel);
        await using var gateway = await HostProcess.StartAsync("IpGan.Gateway", new Dictionary<string, string>
        {
            ["Gateway:IdentityEncoders:0"] = identity.GrpcAddress,
            ["Gateway:PoseEncoders:0"] = identity.GrpcAddress,
            ["Gateway:Generators:0"] = identity.GrpcAddress,
            ["Logging:LogLevel:IpGan"] = "Debug",
        }, waitForReady: false, cancel: Cancel);
        await gateway.WaitForLogAsync("it is a identity-encoder, and a pose-encoder is expected there", Cancel);
        await WatchUntilAsync(gateway, m => m.Services.Where(s => s.Reachable).Select(s => s.Role).SequenceEqual(["identity-encoder"]) && m.Serving is null);
    }

    [Fact]
    public async Task An_operator_can_roll_a_set_back_service_by_service()
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        TinyPackages.PublishSet(_repository.Path, "0b0b0b0b", seed: 2);
        await using var cluster = await Cluster.StartAsync(_repository.Path, Cancel);
        await WatchUntilAsync(cluster.Gateway, m => m.Serving?.Generator == "2" && m.Services.All(s => s.Models.Count(v => v.State == ModelState.Ready) == 2));
        var control = new ModelControl.ModelControlClient(cluster.Gateway.Channel);
        foreach (var role in ModelRoles.Rotation.Select(r => r.Name()))
        {
            var before = await control.SetVersionAsync(new SetVersionRequest { Role = role, Version = "1" }, cancellationToken: Cancel);
            Assert.Equal("1", before.Services.Single(s => s.Role == role).PinnedVersion);
            Assert.Equal(role == "generator" ? "1" : "2", before.Serving.Generator);
        }
        var rotated = await new FaceRotation.FaceRotationClient(cluster.Gateway.Channel).RotateAsync(
            Request(await control.ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel)), cancellationToken: Cancel);
        Assert.Equal(new ModelTriple { IdentityEncoder = "1", PoseEncoder = "1", Generator = "1" }, rotated.Models);
    }
}
