using Grpc.Core;
using IpGan.Gateway.Telemetry;
using IpGan.Serving.Rpc;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>Rotates and compares faces; REST, too.</summary>
internal sealed class FaceRotationService(RotationComposer composer, FaceComparer comparer, Calls calls) : FaceRotation.FaceRotationBase
{
    // Requests of one stream that are worked on at the same time.
    private const int RequestsAtOnce = 8;

    public override Task<RotateResponse> Rotate(RotateRequest request, ServerCallContext context) => composer.RotateAsync(request, () => calls.For(context));

    public override Task RotateStream(
        IAsyncStreamReader<RotateRequest> requestStream, IServerStreamWriter<RotateResponse> responseStream, ServerCallContext context) =>
        OrderedStream.RunAsync(requestStream, responseStream, (request, cancel) => AnswerAsync(request, () => calls.For(context).WithCancellationToken(cancel), cancel),
            RequestsAtOnce, context.CancellationToken);

    public override Task<ResolveIdentityResponse> ResolveIdentity(ResolveIdentityRequest request, ServerCallContext context) =>
        comparer.ResolveAsync(request, () => calls.For(context));

    public override Task<CompareResponse> Compare(CompareRequest request, ServerCallContext context) => comparer.CompareAsync(request, () => calls.For(context));

    private async Task<RotateResponse> AnswerAsync(RotateRequest request, Func<CallOptions> options, CancellationToken cancel)
    {
        using var span = GatewaySpans.Item("rotate");
        try
        {
            return await composer.RotateAsync(request, options);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            return new RotateResponse { Id = request.Id, Error = e.GetRpcStatus() ?? new Google.Rpc.Status { Code = (int)e.StatusCode, Message = e.Status.Detail } };
        }
    }
}
