using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rest;

/// <summary>REST and gRPC-Web for the generator. Other gRPC calls do not come here: YARP takes them first.</summary>
internal sealed class GeneratorEndpoint(ServiceDirectory directory, Calls calls) : Generator.GeneratorBase
{
    public override Task<GenerateResponse> Generate(GenerateRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.Generator, request.ModelVersion, to => new Generator.GeneratorClient(to).GenerateAsync(request, calls.For(context)).ResponseAsync);

    public override Task<SampleIdentityResponse> SampleIdentity(SampleIdentityRequest request, ServerCallContext context) => directory.CallAsync(
        Roles.Generator, request.ModelVersion, to => new Generator.GeneratorClient(to).SampleIdentityAsync(request, calls.For(context)).ResponseAsync);
}
