using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rest;

/// <summary>REST and gRPC-Web for the face finder, which the identity encoders have. Other gRPC calls do not come here: YARP takes them first.</summary>
internal sealed class FaceFinderEndpoint(ServiceDirectory directory, Calls calls) : FaceFinder.FaceFinderBase
{
    public override Task<FindFacesResponse> FindFaces(FindFacesRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.IdentityEncoder, "", to => new FaceFinder.FaceFinderClient(to).FindFacesAsync(request, calls.For(context)).ResponseAsync);
}
