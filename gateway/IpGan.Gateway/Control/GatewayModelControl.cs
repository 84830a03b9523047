using Grpc.Core;
using IpGan.Gateway.Access;
using IpGan.Gateway.Directory;
using IpGan.Serving.Rpc;
using IpGan.V1;
using Microsoft.AspNetCore.Authorization;

namespace IpGan.Gateway.Control;

/// <summary>The models of all services, and how operators choose versions.</summary>
internal sealed class GatewayModelControl(ServiceDirectory directory, Calls calls, TimeProvider time, IHostApplicationLifetime lifetime) : ModelControl.ModelControlBase
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(3);

    public override Task<ModelsSnapshot> ListModels(ListModelsRequest request, ServerCallContext context) => Task.FromResult(directory.State.ToSnapshot());

    public override async Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelsSnapshot> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        while (!stop.IsCancellationRequested)
        {
            var changed = directory.Changed;
            await responseStream.WriteAsync(directory.State.ToSnapshot(), stop.Token);
            // A change, or the time for a heartbeat, or the end.
            await changed.WaitAsync(Heartbeat, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // A server that stops waits for its calls, and this one never ends by itself.
        throw new RpcException(context.CancellationToken.IsCancellationRequested
            ? new Status(StatusCode.Cancelled, "The caller has gone.") : new Status(StatusCode.Unavailable, "The gateway is stopping."));
    }

    [Authorize(CallerPolicies.Operator)]
    public override async Task<ModelsSnapshot> SetVersion(SetVersionRequest request, ServerCallContext context)
    {
        if (!Roles.All.Contains(request.Role))
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"role is '{request.Role.Shortened()}'; it must be one of {string.Join(", ", Roles.All)}."));
        }
        await directory.SetVersionAsync(request, () => calls.For(context));
        return directory.State.ToSnapshot();
    }
}
