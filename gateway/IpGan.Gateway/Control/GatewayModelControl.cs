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
    public override Task<ModelsSnapshot> ListModels(ListModelsRequest request, ServerCallContext context) => Task.FromResult(directory.State.ToSnapshot());

    public override Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelsSnapshot> responseStream, ServerCallContext context) =>
        ModelsWatch.RunAsync(() => directory.Changed, () => directory.State.ToSnapshot(), responseStream, time, "The gateway", lifetime.ApplicationStopping, context.CancellationToken);

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
