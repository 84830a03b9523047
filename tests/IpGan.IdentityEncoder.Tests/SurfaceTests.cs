using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using IpGan.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace IpGan.IdentityEncoder.Tests;

/// <summary>What every service has beside its own methods, here seen at one of them.</summary>
public sealed class SurfaceTests(IdentityEncoderFixture service)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/healthz", "alive")]
    [InlineData("/readyz", "ready")]
    public async Task Probe_answers_over_http(string path, string expected)
    {
        using var client = new HttpClient();
        Assert.Equal(expected, await client.GetStringAsync(new Uri(service.Host.HttpAddress + path), Cancel));
        using var absent = await client.GetAsync(new Uri(service.Host.HttpAddress + "/v1/models"), Cancel);
        Assert.NotEqual(HttpStatusCode.OK, absent.StatusCode);
    }

    [Fact]
    public async Task Health_is_told_for_the_process_and_for_the_service()
    {
        var health = new Health.HealthClient(service.Host.Channel);
        foreach (var name in new[] { "", "ipgan.v1.IdentityEncoder" })
        {
            var request = new HealthCheckRequest { Service = name };
            Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(request, cancellationToken: Cancel)).Status);
            using var watch = health.Watch(request, cancellationToken: Cancel);
            Assert.True(await watch.ResponseStream.MoveNext(Cancel));
            Assert.Equal(ServingStatus.Serving, watch.ResponseStream.Current.Status);
        }

        var unknown = new HealthCheckRequest { Service = "ipgan.v1.Generator" };
        var error = await Assert.ThrowsAsync<RpcException>(() => health.CheckAsync(unknown, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        using var watchUnknown = health.Watch(unknown, cancellationToken: Cancel);
        Assert.True(await watchUnknown.ResponseStream.MoveNext(Cancel));
        Assert.Equal(ServingStatus.ServiceUnknown, watchUnknown.ResponseStream.Current.Status);
    }

    [Fact]
    public async Task Compressed_messages_are_not_taken()
    {
        var request = IdentityEncoderFixture.Request(new byte[2000]);
        var headers = new Metadata { { "grpc-internal-encoding-request", "gzip" } };
        var refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.EmbedAsync(request, headers, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, refusal.StatusCode);
    }

    [Fact]
    public async Task Reflection_lists_the_services()
    {
        using var call = new ServerReflection.ServerReflectionClient(service.Host.Channel).ServerReflectionInfo(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, Cancel);
        Assert.True(await call.ResponseStream.MoveNext(Cancel));

        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name).ToList();

        Assert.Superset(new HashSet<string> { "ipgan.v1.IdentityEncoder", "ipgan.v1.ModelControl", "grpc.health.v1.Health" }, names.ToHashSet());
        Assert.DoesNotContain("ipgan.v1.Generator", names);
    }

    [Fact]
    public async Task Models_are_listed_newest_first()
    {
        var snapshot = await new ModelControl.ModelControlClient(service.Host.Channel).ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel);

        var own = snapshot.Services.Single();
        Assert.Equal(("identity-encoder", "CPU", ""), (own.Role, own.Device, own.PinnedVersion));
        Assert.Equal([("2", ModelState.Ready, true), ("1", ModelState.Ready, false)], own.Models.Select(m => (m.Version, m.State, m.Active)));
        Assert.All(own.Models, m => Assert.Equal(TinyPackages.IdentitySpace(IdentityEncoderFixture.Space), m.IdentitySpace.Name));
        Assert.Null(snapshot.Serving);
    }

    [Theory]
    [InlineData("generator", "1", StatusCode.InvalidArgument, "identity-encoder")]
    [InlineData("", "newest", StatusCode.InvalidArgument, "positive integer")]
    [InlineData("", "7", StatusCode.NotFound, "there are 2, 1")]
    public async Task Version_that_cannot_be_set_is_refused(string role, string version, StatusCode status, string message)
    {
        var client = new ModelControl.ModelControlClient(service.Host.Channel);
        var request = new SetVersionRequest { Role = role, Version = version };

        var error = await Assert.ThrowsAsync<RpcException>(() => client.SetVersionAsync(request, cancellationToken: Cancel).ResponseAsync);

        Assert.Equal(status, error.StatusCode);
        Assert.Contains(message, error.Status.Detail, StringComparison.Ordinal);
    }
}
