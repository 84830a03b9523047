using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rest;

/// <summary>REST and gRPC-Web for the pose encoder. Other gRPC calls do not come here: YARP takes them first.</summary>
internal sealed class PoseEncoderEndpoint(ServiceDirectory directory, Calls calls) : PoseEncoder.PoseEncoderBase
{
    public override Task<EmbedPoseResponse> Embed(EmbedRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.PoseEncoder, request.ModelVersion, to => new PoseEncoder.PoseEncoderClient(to).EmbedAsync(request, calls.For(context)).ResponseAsync);

    public override Task<EmbedPoseResponse> FromAngles(FromAnglesRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.PoseEncoder, request.ModelVersion, to => new PoseEncoder.PoseEncoderClient(to).FromAnglesAsync(request, calls.For(context)).ResponseAsync);
}
