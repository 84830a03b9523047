using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using IpGan.V1;
using static IpGan.Generator.Tests.GeneratorFixture;

namespace IpGan.Generator.Tests;

public sealed class SampleIdentityTests(GeneratorFixture service)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1, "")]
    [InlineData(1, 1, "2")]
    [InlineData(1000, 1000, "1")]
    public async Task People_come_from_the_versions_prior(int count, int expected, string version)
    {
        var request = new SampleIdentityRequest { Count = count, Seed = 42, ModelVersion = version };

        var response = await service.Client.SampleIdentityAsync(request, cancellationToken: Cancel);

        var answered = version.Length == 0 ? "2" : version;
        var people = service.Answers(answered).Prior!.Sample(expected, 42);
        Assert.Equal(expected, response.Identities.Count);
        Assert.All(response.Identities.Zip(people), pair => Assert.Equal(pair.Second, pair.First.Values));
        Assert.All(response.Identities, i => Assert.Equal((answered, TinyPackages.IdentitySpace(Space)), (i.ModelVersion, i.Space)));
    }

    [Fact]
    public async Task Person_can_be_drawn_as_it_comes()
    {
        var sampled = await service.Client.SampleIdentityAsync(new SampleIdentityRequest { Seed = 5 }, cancellationToken: Cancel);
        var request = Request(0, 1);
        request.Identity = sampled.Identities.Single();

        var response = await service.Client.GenerateAsync(request, cancellationToken: Cancel);

        Assert.Single(response.Images);
    }

    [Theory]
    [InlineData(-1, "", StatusCode.InvalidArgument)]
    [InlineData(1001, "", StatusCode.InvalidArgument)]
    [InlineData(1, "9", StatusCode.NotFound)]
    public async Task Wrong_count_or_version_is_refused(int count, string version, StatusCode status)
    {
        var request = new SampleIdentityRequest { Count = count, ModelVersion = version };
        var error = await Assert.ThrowsAsync<RpcException>(() => service.Client.SampleIdentityAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(status, error.StatusCode);
    }

    [Fact]
    public async Task Service_is_known_to_health_and_reflection_and_probes()
    {
        var health = new Health.HealthClient(service.Host.Channel);
        var status = await health.CheckAsync(new HealthCheckRequest { Service = "ipgan.v1.Generator" }, cancellationToken: Cancel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, status.Status);

        using var call = new ServerReflection.ServerReflectionClient(service.Host.Channel).ServerReflectionInfo(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, Cancel);
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        Assert.Contains("ipgan.v1.Generator", call.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name));

        using var http = new HttpClient();
        Assert.Equal("alive", await http.GetStringAsync(new Uri($"{service.Host.HttpAddress}/healthz"), Cancel));
        Assert.Equal("ready", await http.GetStringAsync(new Uri($"{service.Host.HttpAddress}/readyz"), Cancel));
    }
}
