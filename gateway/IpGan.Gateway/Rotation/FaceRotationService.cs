using Grpc.Core;
using IpGan.Serving.Rpc;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>Rotates faces, in one call or in a stream of them; REST, too.</summary>
internal sealed class FaceRotationService(RotationComposer composer, Calls calls) : FaceRotation.FaceRotationBase
{
    // Requests of one stream that are worked on at the same time.
    private const int RequestsAtOnce = 8;

    public override Task<RotateResponse> Rotate(RotateRequest request, ServerCallContext context) => composer.RotateAsync(request, calls.For(context));

    public override Task RotateStream(
        IAsyncStreamReader<RotateRequest> requestStream, IServerStreamWriter<RotateResponse> responseStream, ServerCallContext context) =>
        OrderedStream.RunAsync(requestStream, responseStream, (request, cancel) => AnswerAsync(request, calls.For(context).WithCancellationToken(cancel)),
            RequestsAtOnce, context.CancellationToken);

    private async Task<RotateResponse> AnswerAsync(RotateRequest request, CallOptions options)
    {
        try
        {
            return await composer.RotateAsync(request, options);
        }
        catch (RpcException e) when (!options.CancellationToken.IsCancellationRequested)
        {
            return new RotateResponse { Id = request.Id, Error = new Google.Rpc.Status { Code = (int)e.StatusCode, Message = e.Status.Detail } };
        }
    }
}
