using Grpc.Core;
using IpGan.Models;
using IpGan.Serving.Versions;
using IpGan.V1;
using Microsoft.Extensions.Hosting;

namespace IpGan.Serving.Rpc;

/// <summary>What a service tells of its versions, and how an operator chooses one.</summary>
public sealed class ModelControlService(ModelHost host, TimeProvider time, IHostApplicationLifetime lifetime) : ModelControl.ModelControlBase
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    public override Task<ModelsSnapshot> ListModels(ListModelsRequest request, ServerCallContext context) => Task.FromResult(Snapshot());

    /// <inheritdoc />
    public override async Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelsSnapshot> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        while (!stop.IsCancellationRequested)
        {
            var changed = host.Changed;
            await responseStream.WriteAsync(Snapshot(), stop.Token).ConfigureAwait(false);
            // A change, or the time for a heartbeat, or the end.
            await changed.WaitAsync(Heartbeat, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // A server that stops waits for its calls, and this one never ends by itself.
        throw new RpcException(new Status(StatusCode.Unavailable, "The service is stopping."));
    }

    /// <inheritdoc />
    public override async Task<ModelsSnapshot> SetVersion(SetVersionRequest request, ServerCallContext context)
    {
        if (request.Role.Length > 0 && request.Role != host.Role.Name())
        {
            throw new InvalidRequestException($"This service is a {host.Role.Name()}, not a '{request.Role}'.");
        }
        int? version = request.Version.Length == 0
            ? null
            : ModelRepository.ParseVersion(request.Version)
                ?? throw new InvalidRequestException($"version is '{request.Version}'; it must be a positive integer, or empty to follow the newest.");
        await host.SetVersionAsync(version, context.CancellationToken).ConfigureAwait(false);
        return Snapshot();
    }

    private ModelsSnapshot Snapshot()
    {
        var snapshot = new ModelsSnapshot();
        snapshot.Services.Add(host.Describe());
        return snapshot;
    }
}
