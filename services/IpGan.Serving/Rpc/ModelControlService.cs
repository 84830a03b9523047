using Grpc.Core;
using IpGan.Models;
using IpGan.Serving.Versions;
using IpGan.V1;
using Microsoft.Extensions.Hosting;

namespace IpGan.Serving.Rpc;

/// <summary>What a service tells of its versions, and how an operator chooses one.</summary>
public sealed class ModelControlService(ModelHosts hosts, TimeProvider time, IHostApplicationLifetime lifetime) : ModelControl.ModelControlBase
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    public override Task<ModelsSnapshot> ListModels(ListModelsRequest request, ServerCallContext context) => Task.FromResult(hosts.Describe());

    /// <inheritdoc />
    public override async Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelsSnapshot> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        while (!stop.IsCancellationRequested)
        {
            var changed = hosts.Changed;
            await responseStream.WriteAsync(hosts.Describe(), stop.Token).ConfigureAwait(false);
            // A change, or the time for a heartbeat, or the end.
            await changed.WaitAsync(Heartbeat, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // A server that stops waits for its calls, and this one never ends by itself.
        throw new RpcException(context.CancellationToken.IsCancellationRequested
            ? new Status(StatusCode.Cancelled, "The caller has gone.") : new Status(StatusCode.Unavailable, "The service is stopping."));
    }

    /// <inheritdoc />
    public override async Task<ModelsSnapshot> SetVersion(SetVersionRequest request, ServerCallContext context)
    {
        var host = hosts.Find(request.Role);
        int? version = request.Version.Length == 0
            ? null
            : ModelRepository.ParseVersion(request.Version)
                ?? throw new InvalidRequestException($"version is '{request.Version}'; it must be a positive integer, or empty to follow the newest.", "version");
        await host.SetVersionAsync(version, context.CancellationToken).ConfigureAwait(false);
        return hosts.Describe();
    }
}
