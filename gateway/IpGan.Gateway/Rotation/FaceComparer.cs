using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>Resolves and compares identities.</summary>
internal sealed class FaceComparer(ServiceDirectory directory, IdentityResolver identities)
{
    /// <exception cref="RpcException">What a service said, with the part of the request that it is about.</exception>
    public Task<ResolveIdentityResponse> ResolveAsync(ResolveIdentityRequest request, CallOptions options)
    {
        RotationRequest.ValidateSource(request.Source, "source");
        return directory.WithTripleAsync([.. RotationRequest.Spaces(request.Source)], [], async triple =>
        {
            using var parts = new Parts(options);
            var (identity, agreement) = await identities.ResolveAsync(request.Source, "source", triple, parts);
            return new ResolveIdentityResponse { Identity = identity, Agreement = { agreement }, Models = triple.ToContract(), Faces = { parts.Taken } };
        });
    }

    /// <exception cref="RpcException">As above; FAILED_PRECONDITION if the two are vectors of two spaces.</exception>
    public Task<CompareResponse> CompareAsync(CompareRequest request, CallOptions options)
    {
        RotationRequest.ValidateSource(request.A, "a");
        RotationRequest.ValidateSource(request.B, "b");
        if (request.A.Identity is { Space.Length: > 0 } a && request.B.Identity is { } b && a.Space == b.Space)
        {
            // No network is needed, nor that one of this space is still loaded.
            return Task.FromResult(Decide(Sphere.Unit(a, "a"), Sphere.Unit(b, "b"), a.Space));
        }
        return directory.WithTripleAsync([.. RotationRequest.Spaces(request.A), .. RotationRequest.Spaces(request.B)], [], async triple =>
        {
            using var parts = new Parts(options);
            var both = await Task.WhenAll(identities.UnitAsync(request.A, "a", triple, parts), identities.UnitAsync(request.B, "b", triple, parts));
            var response = Decide(both[0], both[1], triple.IdentitySpace);
            response.Faces.AddRange(parts.Taken);
            return response;
        });
    }

    private CompareResponse Decide(double[] a, double[] b, string space)
    {
        var response = new CompareResponse { Score = (float)Sphere.Cosine(a, b), Space = space };
        // Active before others, which are listed newest first: a compatible update keeps the space and may move the threshold. Of a replica that is lost the last word is kept: it comes last.
        var encoder = directory.State.Services.Where(s => s.Role == Roles.IdentityEncoder).SelectMany(s => s.Models, (service, model) => (service.Reachable, Model: model))
            .Where(m => m.Model.State != ModelState.Rejected && m.Model.IdentitySpace?.Name == space && m.Model.Verification is not null)
            .OrderByDescending(m => m.Reachable).ThenByDescending(m => m.Model.Active).FirstOrDefault().Model;
        if (encoder is not null)
        {
            response.Threshold = encoder.Verification.Threshold;
            response.SamePerson = response.Score >= response.Threshold;
            response.ModelVersion = encoder.Version;
        }
        return response;
    }
}
