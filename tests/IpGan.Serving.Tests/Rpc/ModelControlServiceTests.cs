using Grpc.Core;
using IpGan.Serving.Rpc;
using IpGan.Serving.Tests.Versions;
using IpGan.Serving.Versions;
using IpGan.V1;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace IpGan.Serving.Tests.Rpc;

public sealed class ModelControlServiceTests
{
    [Theory]
    [InlineData(false, StatusCode.Cancelled)]
    [InlineData(true, StatusCode.Unavailable)]
    public async Task A_watch_ends_as_its_caller_does_or_says_that_the_service_stops(bool stops, StatusCode expected)
    {
        using var bench = new Bench();
        using var caller = new CancellationTokenSource();
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        var service = new ModelControlService(new ModelHosts(bench.Host, null), bench.Time, lifetime);
        var snapshots = new Snapshots();
        var watch = service.WatchModels(new WatchModelsRequest(), snapshots, new CallContext(caller.Token));
        await snapshots.First.Task.WaitAsync(TestContext.Current.CancellationToken);

        if (stops)
        {
            lifetime.StopApplication();
        }
        else
        {
            await caller.CancelAsync();
        }

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => watch)).StatusCode);
    }

    private sealed class Snapshots : IServerStreamWriter<ModelsSnapshot>
    {
        public TaskCompletionSource First { get; } = new();

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(ModelsSnapshot message)
        {
            First.TrySetResult();
            return Task.CompletedTask;
        }

        public Task WriteAsync(ModelsSnapshot message, CancellationToken cancellationToken) => WriteAsync(message);
    }
}
