using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Rotation;

/// <summary>Services that take their time. None of them is silent for so long that it is taken for lost.</summary>
public sealed class TimeoutTests : IAsyncLifetime
{
    // Longer than either service takes, shorter than both; and all of them shorter than a service may be silent.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3.75);

    private readonly TemporaryFolder _repository = new();
    private Cluster? _cluster;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HostProcess PoseEncoder => _cluster!.Services[1];

    private HostProcess Generator => _cluster!.Services[2];

    private static RotateRequest Request => new()
    {
        Source = new RotationSource { Identity = new Embedding { Values = { 1, 0, 0, 0, 0, 0, 0, 0 }, Space = TinyPackages.IdentitySpace(TinyCluster.SpaceId) } },
        Targets = { new RotationTarget { Angles = new Angles { Yaw = 10 } } },
    };

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere processes cannot be stalled.");
        TinyPackages.PublishSet(_repository.Path, TinyCluster.SpaceId, seed: 1);
        _cluster = await Cluster.StartAsync(_repository.Path, Cancel, new Dictionary<string, string> { ["Gateway:CallTimeout"] = $"{CallTimeout}" });
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            PoseEncoder.Resume();
            Generator.Resume();
            await _cluster.DisposeAsync();
        }
        _repository.Dispose();
    }

    [Fact]
    public async Task Each_service_has_the_time_for_its_own_part()
    {
        PoseEncoder.Stall();
        var rotated = new FaceRotation.FaceRotationClient(_cluster!.Gateway.Channel).RotateAsync(Request, cancellationToken: Cancel).ResponseAsync;
        await Task.Delay(Slow, Cancel);
        Generator.Stall();
        PoseEncoder.Resume();
        await Task.Delay(Slow, Cancel);
        Generator.Resume();
        Assert.Single((await rotated).Images);
    }

    [Fact]
    public async Task Who_did_not_answer_in_time_is_named()
    {
        PoseEncoder.Stall();
        using var http = new HttpClient();
        var embedding = http.PostAsJsonAsync(new Uri($"{_cluster!.Gateway.HttpAddress}/v1/pose:fromAngles"), new { yaw = 10 }, Cancel);
        var rotation = new FaceRotation.FaceRotationClient(_cluster.Gateway.Channel).RotateAsync(Request, cancellationToken: Cancel).ResponseAsync;

        var error = await Assert.ThrowsAsync<RpcException>(() => rotation);
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.StartsWith("targets[0].angles: The pose-encoder did not answer within ", error.Status.Detail, StringComparison.Ordinal);
        using var answer = await embedding;
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.StartsWith("The pose-encoder did not answer within ", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
