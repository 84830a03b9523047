using IpGan.Models;
using IpGan.V1;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;
using static IpGan.Testing.HostOfTwoVersions;

namespace IpGan.IdentityEncoder.Tests;

public sealed class StartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Models:Keep", "0", "Keep")]
    [InlineData("Models:PollInterval", "00:00:00.001", "PollInterval")]
    [InlineData("Models:Repositry", "models", "Repositry")]
    [InlineData("Models:Device", "Tpu", "Device")]
    public async Task Setting_that_is_wrong_stops_the_start_and_is_named(string key, string value, string named)
    {
        using var root = new TemporaryFolder();

        var (exitCode, log) = await HostProcess.RunToEndAsync(Project, new Dictionary<string, string>(Settings(root)) { [key] = value }, Cancel);

        Assert.NotEqual(0, exitCode);
        Assert.Contains(named, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gpu_that_is_required_and_absent_stops_the_start()
    {
        if (File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg"))
        {
            Assert.Skip("There is a GPU.");
        }
        using var root = new TemporaryFolder();

        var (exitCode, log) = await HostProcess.RunToEndAsync(
            Project, new Dictionary<string, string>(Settings(root)) { ["Models:Device"] = "Cuda" }, Cancel);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("Models:Device is Cuda, but there is no NVIDIA driver", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watchers_do_not_hold_up_the_end()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There is no SIGTERM.");
        }
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1);
        await using var host = await HostProcess.StartAsync(Project, Settings(root), cancel: Cancel);
        using var models = new ModelControl.ModelControlClient(host.Channel).WatchModels(new WatchModelsRequest(), cancellationToken: Cancel);
        using var health = new Grpc.Health.V1.Health.HealthClient(host.Channel).Watch(new Grpc.Health.V1.HealthCheckRequest(), cancellationToken: Cancel);
        Assert.True(await models.ResponseStream.MoveNext(Cancel));
        Assert.True(await health.ResponseStream.MoveNext(Cancel));

        host.SendTerminate();

        // Told by the service; a connection that is cut after the server's patience would tell neither.
        Assert.True(await health.ResponseStream.MoveNext(Cancel));
        Assert.Equal(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.NotServing, health.ResponseStream.Current.Status);
        Assert.False(await health.ResponseStream.MoveNext(Cancel));
        var error = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => models.ResponseStream.MoveNext(Cancel));
        Assert.Equal("The service is stopping.", error.Status.Detail);
        Assert.Equal(0, await host.WaitForExitAsync(Cancel));
    }
}
