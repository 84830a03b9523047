using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using IpGan.V1;
using static IpGan.PoseEncoder.Tests.PoseEncoderFixture;

namespace IpGan.PoseEncoder.Tests;

public sealed class FromAnglesTests(PoseEncoderFixture service)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0, 0, "")]
    [InlineData(-60, 20, -20, "")]
    [InlineData(60, -20, 20, "2")]
    [InlineData(-44.5f, 7, 1.25f, "1")]
    public async Task Angles_get_the_vector_of_the_versions_table(float yaw, float pitch, float roll, string version)
    {
        var request = new FromAnglesRequest { Yaw = yaw, Pitch = pitch, Roll = roll, ModelVersion = version };

        var response = await service.Client.FromAnglesAsync(request, cancellationToken: Cancel);

        var answered = version.Length == 0 ? "2" : version;
        Assert.Equal(service.Answers(answered).Anchors!.Interpolate(yaw, pitch, roll), response.Embedding.Values);
        Assert.Equal((answered, TinyPackages.PoseSpace(Space)), (response.Embedding.ModelVersion, response.Embedding.Space));
        Assert.Equal((yaw, pitch, roll), (response.Angles.Yaw, response.Angles.Pitch, response.Angles.Roll));
        Assert.Equal(new AngleReach { YawMin = -60, YawMax = 60, PitchMin = -20, PitchMax = 20, RollMin = -20, RollMax = 20 }, response.Reach);
    }

    [Theory]
    [InlineData(60.5f, 0, 0, StatusCode.OutOfRange, "yaw", "-60° to 60°")]
    [InlineData(0, -21, 0, StatusCode.OutOfRange, "pitch", "-20° to 20°")]
    [InlineData(0, 0, 180, StatusCode.OutOfRange, "roll", "-20° to 20°")]
    [InlineData(float.NaN, 0, 0, StatusCode.InvalidArgument, "yaw", "finite")]
    [InlineData(0, float.PositiveInfinity, 0, StatusCode.InvalidArgument, "pitch", "finite")]
    [InlineData(0, 0, float.NegativeInfinity, StatusCode.InvalidArgument, "roll", "finite")]
    public async Task Angles_that_the_table_does_not_cover_are_refused_by_name(
        float yaw, float pitch, float roll, StatusCode status, string axis, string message)
    {
        var request = new FromAnglesRequest { Yaw = yaw, Pitch = pitch, Roll = roll };

        var error = await Assert.ThrowsAsync<RpcException>(() => service.Client.FromAnglesAsync(request, cancellationToken: Cancel).ResponseAsync);

        Assert.Equal(status, error.StatusCode);
        Assert.StartsWith(axis, error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(message, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_that_is_not_loaded_is_not_found()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            service.Client.FromAnglesAsync(new FromAnglesRequest { ModelVersion = "9" }, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Service_is_known_to_health_and_reflection_and_probes()
    {
        var health = new Health.HealthClient(service.Host.Channel);
        var status = await health.CheckAsync(new HealthCheckRequest { Service = "ipgan.v1.PoseEncoder" }, cancellationToken: Cancel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, status.Status);

        using var call = new ServerReflection.ServerReflectionClient(service.Host.Channel).ServerReflectionInfo(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, Cancel);
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        Assert.Contains("ipgan.v1.PoseEncoder", call.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name));

        using var http = new HttpClient();
        Assert.Equal("alive", await http.GetStringAsync(new Uri($"{service.Host.HttpAddress}/healthz"), Cancel));
        Assert.Equal("ready", await http.GetStringAsync(new Uri($"{service.Host.HttpAddress}/readyz"), Cancel));
    }
}
