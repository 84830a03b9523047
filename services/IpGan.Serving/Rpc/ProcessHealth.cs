using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace IpGan.Serving.Rpc;

/// <summary>grpc.health.v1 of a process. Once it was asked to stop all is NOT_SERVING, and watches end.</summary>
public abstract class ProcessHealth(Microsoft.Extensions.Hosting.IHostApplicationLifetime lifetime) : Health.HealthBase
{
    /// <summary>Cancelled when the process was asked to stop.</summary>
    protected CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>The one service whose health can be asked for beside that of the whole ("").</summary>
    protected abstract string Name { get; }

    /// <summary>Completes at the next change; taken before <see cref="Serves"/> is asked.</summary>
    protected abstract Task Changed { get; }

    /// <summary>Whether it serves: the whole, or what has the name.</summary>
    protected abstract bool Serves(string service);

    /// <inheritdoc />
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => StatusOf(request) is { } status
        ? Task.FromResult(new HealthCheckResponse { Status = status })
        : throw new RpcException(new Status(StatusCode.NotFound, $"There is no service '{request.Service.Shortened()}' here; there is '{Name}'."));

    /// <inheritdoc />
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, Stopping);
        var said = ServingStatus.Unknown;
        while (!context.CancellationToken.IsCancellationRequested)
        {
            var last = Stopping.IsCancellationRequested;
            var changed = Changed;
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

    private ServingStatus? StatusOf(HealthCheckRequest request) => request.Service.Length > 0 && request.Service != Name
        ? null
        : Serves(request.Service) && !Stopping.IsCancellationRequested ? ServingStatus.Serving : ServingStatus.NotServing;
}
