using IpGan.Models;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Rotation;

/// <summary>A gateway with an identity encoder whose package has a bridge from an older space.</summary>
public sealed class BridgedGateway : IAsyncLifetime
{
    private const string OlderId = "0000000c";
    public static readonly string Older = TinyPackages.IdentitySpace(OlderId);

    private readonly TemporaryFolder _repository = new();
    private HostProcess? _encoder;
    private HostProcess? _gateway;

    public FaceRotation.FaceRotationClient Client => new(_gateway!.Channel);

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        PackagePublisher.Publish(_repository.Path, TinyPackages.WithBridge(TinyPackages.Draft(ModelRole.IdentityEncoder, TinyCluster.SpaceId, seed: 1), OlderId));
        _encoder = await HostProcess.StartAsync("IpGan.IdentityEncoder", new Dictionary<string, string> { ["Models:Repository"] = _repository.Path }, cancel: cancel);
        _gateway = await HostProcess.StartAsync("IpGan.Gateway", new Dictionary<string, string>
        {
            ["Gateway:IdentityEncoders:0"] = _encoder.GrpcAddress,
            // Vectors of one space are compared without them.
            ["Gateway:PoseEncoders:0"] = $"http://127.0.0.1:{Ports.Unused()}",
            ["Gateway:Generators:0"] = $"http://127.0.0.1:{Ports.Unused()}",
        }, waitForReady: false, cancel: cancel);
        using var watch = new ModelControl.ModelControlClient(_gateway.Channel).WatchModels(new WatchModelsRequest(), cancellationToken: cancel);
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(cancel));
        }
        while (!watch.ResponseStream.Current.Services.Any(s => s.Models.Any(m => m.Active)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in new[] { _gateway, _encoder })
        {
            if (host is not null)
            {
                await host.DisposeAsync();
            }
        }
        _repository.Dispose();
    }
}

/// <summary>Where the threshold of a comparison comes from.</summary>
public sealed class CompareTests(BridgedGateway bridged) : IClassFixture<BridgedGateway>
{
    private static readonly string Crossed = $"1 via bridge from 7 of {BridgedGateway.Older}";

    // Of two people, by the model; one, by the bridge.
    private async Task<CompareResponse> CompareAsync(string a, string b) => await bridged.Client.CompareAsync(
        new CompareRequest { A = Vector(a, 1, 0), B = Vector(b, 0, 1) }, cancellationToken: TestContext.Current.CancellationToken);

    private static RotationSource Vector(string version, float x, float y) => new()
    {
        Identity = new Embedding { Values = { x, y, 0, 0, 0, 0, 0, 0 }, Space = TinyPackages.IdentitySpace(TinyCluster.SpaceId), ModelVersion = version },
    };

    [Fact]
    public async Task Vectors_of_the_model_are_decided_by_its_own_threshold()
    {
        var answer = await CompareAsync("1", "1");
        Assert.Equal(((float)TinyPackages.MatchThreshold, false, "1"), (answer.Threshold, answer.SamePerson, answer.ModelVersion));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_vector_that_came_over_a_bridge_is_decided_by_the_bridges_threshold(bool first)
    {
        var answer = await (first ? CompareAsync(Crossed, "1") : CompareAsync("1", Crossed));
        Assert.Equal(((float)TinyPackages.BridgeThreshold, true, "1"), (answer.Threshold, answer.SamePerson, answer.ModelVersion));
    }

    [Fact]
    public async Task Two_that_came_over_bridges_or_one_that_came_over_an_unknown_one_are_not_decided()
    {
        foreach (var answer in new[] { await CompareAsync(Crossed, Crossed), await CompareAsync("1", "1 via bridge from 7 of identity-ffffffff@square1+given") })
        {
            Assert.False(answer.HasThreshold || answer.HasSamePerson);
            Assert.Equal((0f, ""), (answer.Score, answer.ModelVersion));
        }
    }
}
