using Grpc.Core;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.IdentityEncoder.Tests;

/// <summary>A service whose newest version has a bridge from another space.</summary>
public sealed class BridgeFixture : IAsyncLifetime
{
    public const string OlderId = "0000000c";
    public static readonly string Older = TinyPackages.IdentitySpace(OlderId);
    public static readonly string Newer = TinyPackages.IdentitySpace(IdentityEncoderFixture.Space);

    private readonly TemporaryFolder _repository = new();
    private HostProcess? _host;

    public V1.IdentityEncoder.IdentityEncoderClient Client => new(_host!.Channel);

    public ModelControl.ModelControlClient Control => new(_host!.Channel);

    public async ValueTask InitializeAsync()
    {
        PackagePublisher.Publish(_repository.Path, TinyPackages.WithBridge(TinyPackages.Draft(ModelRole.IdentityEncoder, IdentityEncoderFixture.Space, seed: 1), OlderId));
        _host = await HostProcess.StartAsync(IdentityEncoderFixture.Project, [new("Models:Repository", _repository.Path)], cancel: TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
        _repository.Dispose();
    }
}

public sealed class BridgeTests(BridgeFixture service) : IClassFixture<BridgeFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Embedding Old(int seed, int dimension = TinyPackages.IdentityDimension)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, dimension).Select(_ => (float)(2 * random.NextDouble() - 1)).ToArray();
        var length = MathF.Sqrt(values.Sum(v => v * v));
        return new Embedding { Values = { values.Select(v => v / length) }, Space = BridgeFixture.Older, ModelVersion = "7" };
    }

    [Fact]
    public async Task Older_vectors_come_into_the_models_space_and_can_be_told_from_its_own()
    {
        var request = new BridgeRequest { Embeddings = { Old(1), Old(2) } };

        var response = await service.Client.BridgeAsync(request, cancellationToken: Cancel);

        Assert.Equal(2, response.Embeddings.Count);
        foreach (var (old, crossed) in request.Embeddings.Zip(response.Embeddings))
        {
            Assert.Equal((BridgeFixture.Newer, $"1 via bridge from 7 of {BridgeFixture.Older}"), (crossed.Space, crossed.ModelVersion));
            Vectors.AssertClose(TinyPackages.Bridge.Cross([.. old.Values]), crossed.Values, 1e-5f);
        }
    }

    [Fact]
    public async Task The_models_list_names_the_bridges_and_what_is_lost()
    {
        var snapshot = await service.Control.ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel);
        var bridge = Assert.Single(Assert.Single(Assert.Single(snapshot.Services).Models).Bridges);
        Assert.Equal((BridgeFixture.Older, TinyPackages.IdentityDimension), (bridge.From.Name, bridge.From.Dimension));
        Assert.Equal(
            (TinyPackages.BridgeThreshold, 0.7f, 0.75f, 0.8f, 0.25f, 0.5f, 0.625f),
            (bridge.Threshold, bridge.Accuracy, bridge.OldAccuracy, bridge.NewAccuracy, bridge.Found, bridge.OldFound, bridge.NewFound));
    }

    public static TheoryData<StatusCode, string, BridgeRequest> Wrong()
    {
        var elsewhere = Old(1);
        elsewhere.Space = "identity-ffffffff@square1+given";
        var broken = Old(1);
        broken.Values[0] = float.NaN;
        var nobody = new Embedding { Values = { new float[TinyPackages.IdentityDimension] }, Space = BridgeFixture.Older };
        return new()
        {
            { StatusCode.FailedPrecondition, $"has bridges from '{BridgeFixture.Older}'", new BridgeRequest { Embeddings = { Old(1), elsewhere } } },
            { StatusCode.InvalidArgument, "There are 0 embeddings", new BridgeRequest() },
            { StatusCode.InvalidArgument, "There are 1001 embeddings", new BridgeRequest { Embeddings = { Enumerable.Repeat(Old(1), 1001) } } },
            { StatusCode.InvalidArgument, "embeddings[0] has 3 values", new BridgeRequest { Embeddings = { Old(1, dimension: 3) } } },
            { StatusCode.InvalidArgument, "embeddings[0].values[0] is NaN", new BridgeRequest { Embeddings = { broken } } },
            { StatusCode.InvalidArgument, "embeddings[0] has length 0", new BridgeRequest { Embeddings = { nobody } } },
            { StatusCode.NotFound, "9", new BridgeRequest { Embeddings = { Old(1) }, ModelVersion = "9" } },
        };
    }

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_taken_over_is_refused_in_words(StatusCode status, string words, BridgeRequest request)
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await service.Client.BridgeAsync(request, cancellationToken: Cancel));
        Assert.Equal(status, e.StatusCode);
        Assert.Contains(words, e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vectors_count_for_the_bytes_in_flight()
    {
        using var root = new TemporaryFolder();
        // Weights that take their time.
        PackagePublisher.Publish(root.Path, TinyPackages.WithBridge(
            TinyPackages.Draft(ModelRole.IdentityEncoder, IdentityEncoderFixture.Space, seed: 1, ballast: 128 << 20), BridgeFixture.OlderId));
        var settings = new Dictionary<string, string>(HostOfTwoVersions.Settings(root)) { ["Models:Workers"] = "1", ["Models:MaxMessageBytes"] = $"{1 << 20}", ["Models:MaxBytesInFlight"] = $"{1 << 20}" };
        await using var host = await HostProcess.StartAsync(IdentityEncoderFixture.Project, settings, cancel: Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        var large = Old(1);
        large.ModelVersion = new string('7', 600_000);
        var refused = 0;

        for (var tries = 0; refused == 0 && tries < 20; tries++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                try
                {
                    await (i % 2 == 0
                        ? client.EmbedAsync(IdentityEncoderFixture.Request(Pictures.Square(1)), cancellationToken: Cancel).ResponseAsync
                        : (Task)client.BridgeAsync(new BridgeRequest { Embeddings = { large } }, cancellationToken: Cancel).ResponseAsync);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
                {
                    Interlocked.Increment(ref refused);
                }
            }));
        }
        Assert.True(refused > 0, "None of them was refused.");
    }
}

public sealed class NoBridgeTests(IdentityEncoderFixture service)
{
    [Fact]
    public async Task A_model_without_bridges_says_so()
    {
        var vector = new Embedding { Values = { 1, 0, 0 }, Space = "identity-ffffffff@square1+given" };
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
            await service.Client.BridgeAsync(new BridgeRequest { Embeddings = { vector } }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("has no bridges", e.Status.Detail, StringComparison.Ordinal);
    }
}
