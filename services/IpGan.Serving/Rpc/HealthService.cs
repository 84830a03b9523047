using Grpc.Core;
using Grpc.Health.V1;
using IpGan.Models;
using IpGan.Serving.Versions;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace IpGan.Serving.Rpc;

/// <summary>
/// grpc.health.v1, for the process ("") and for its one service ("ipgan.v1.Generator"): SERVING as long as a version answers, and no longer
/// once the process was asked to stop.
/// </summary>
public sealed class HealthService(ModelHosts hosts, IHostApplicationLifetime lifetime) : Health.HealthBase
{
    private readonly string _service = hosts.Own.Role switch
    {
        ModelRole.IdentityEncoder => V1.IdentityEncoder.Descriptor.FullName,
        ModelRole.PoseEncoder => V1.PoseEncoder.Descriptor.FullName,
        _ => V1.Generator.Descriptor.FullName,
    };

    /// <inheritdoc />
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => StatusOf(request) is { } status
        ? Task.FromResult(new HealthCheckResponse { Status = status })
        : throw new RpcException(new Status(StatusCode.NotFound, $"There is no service '{request.Service}' here; there is '{_service}'."));

    /// <inheritdoc />
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var said = ServingStatus.Unknown;
        while (!context.CancellationToken.IsCancellationRequested)
        {
            var last = lifetime.ApplicationStopping.IsCancellationRequested;
            var changed = hosts.Changed;
            var status = StatusOf(request) ?? ServingStatus.ServiceUnknown;
            if (status != said)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken).ConfigureAwait(false);
                said = status;
            }
            if (last)
            {
                // A server that stops waits for its calls, and this one never ends by itself.
                return;
            }
            await changed.WaitAsync(stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private ServingStatus? StatusOf(HealthCheckRequest request) => request.Service.Length > 0 && request.Service != _service
        ? null
        : hosts.IsReady && !lifetime.ApplicationStopping.IsCancellationRequested ? ServingStatus.Serving : ServingStatus.NotServing;
}
