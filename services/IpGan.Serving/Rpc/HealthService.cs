using IpGan.Models;
using IpGan.Serving.Versions;
using Microsoft.Extensions.Hosting;

namespace IpGan.Serving.Rpc;

/// <summary>
/// grpc.health.v1, for the process ("") and for its one service ("ipgan.v1.Generator"): SERVING as long as a version answers, and no longer
/// once the process was asked to stop.
/// </summary>
public sealed class HealthService(ModelHosts hosts, IHostApplicationLifetime lifetime) : ProcessHealth(lifetime)
{
    /// <inheritdoc />
    protected override string Name { get; } = hosts.Own.Role switch
    {
        ModelRole.IdentityEncoder => V1.IdentityEncoder.Descriptor.FullName,
        ModelRole.PoseEncoder => V1.PoseEncoder.Descriptor.FullName,
        _ => V1.Generator.Descriptor.FullName,
    };

    /// <inheritdoc />
    protected override Task Changed => hosts.Changed;

    /// <inheritdoc />
    protected override bool Serves(string service) => hosts.IsReady;
}
