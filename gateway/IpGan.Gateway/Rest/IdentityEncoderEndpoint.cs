using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rest;

/// <summary>REST for the identity encoder. gRPC calls do not come here: YARP takes them first.</summary>
internal sealed class IdentityEncoderEndpoint(ServiceDirectory directory, Calls calls) : IdentityEncoder.IdentityEncoderBase
{
    public override Task<EmbedIdentityResponse> Embed(EmbedRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.IdentityEncoder, request.ModelVersion, to => new IdentityEncoder.IdentityEncoderClient(to).EmbedAsync(request, calls.For(context)).ResponseAsync);
}
