using Grpc.Core;
using IpGan.Models;
using IpGan.Serving.Versions;
using IpGan.V1;
using Microsoft.Extensions.Hosting;

namespace IpGan.Serving.Rpc;

/// <summary>What a service tells of its versions, and how an operator chooses one.</summary>
public sealed class ModelControlService(ModelHosts hosts, TimeProvider time, IHostApplicationLifetime lifetime) : ModelControl.ModelControlBase
{
    /// <inheritdoc />
    public override Task<ModelsSnapshot> ListModels(ListModelsRequest request, ServerCallContext context) => Task.FromResult(hosts.Describe());

    /// <inheritdoc />
    public override Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelsSnapshot> responseStream, ServerCallContext context) =>
        ModelsWatch.RunAsync(() => hosts.Changed, hosts.Describe, responseStream, time, "The service", lifetime.ApplicationStopping, context.CancellationToken);

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
