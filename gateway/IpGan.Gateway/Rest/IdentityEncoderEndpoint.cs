using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rest;

/// <summary>REST and gRPC-Web for the identity encoder. Other gRPC calls do not come here: YARP takes them first.</summary>
internal sealed class IdentityEncoderEndpoint(ServiceDirectory directory, Calls calls) : IdentityEncoder.IdentityEncoderBase
{
    public override Task<EmbedIdentityResponse> Embed(EmbedRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.IdentityEncoder, request.ModelVersion, to => new IdentityEncoder.IdentityEncoderClient(to).EmbedAsync(request, calls.For(context)).ResponseAsync);

    public override Task<BridgeResponse> Bridge(BridgeRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.IdentityEncoder, request.ModelVersion, to => new IdentityEncoder.IdentityEncoderClient(to).BridgeAsync(request, calls.For(context)).ResponseAsync);
}
