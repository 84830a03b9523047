using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>Resolves and compares identities.</summary>
internal sealed class FaceComparer(ServiceDirectory directory, IdentityResolver identities)
{
    /// <exception cref="RpcException">What a service said, with the part of the request that it is about.</exception>
    public Task<ResolveIdentityResponse> ResolveAsync(ResolveIdentityRequest request, Func<CallOptions> options)
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
    public Task<CompareResponse> CompareAsync(CompareRequest request, Func<CallOptions> options)
    {
        RotationRequest.ValidateSource(request.A, "a");
        RotationRequest.ValidateSource(request.B, "b");
        if (request.A.Identity is { Space.Length: > 0 } a && request.B.Identity is { } b && a.Space == b.Space)
        {
            // No network is needed, nor that one of this space is still loaded.
            return Task.FromResult(Decide(request, Sphere.Unit(a, "a"), Sphere.Unit(b, "b"), a.Space, embedder: null));
        }
        return directory.WithTripleAsync([.. RotationRequest.Spaces(request.A), .. RotationRequest.Spaces(request.B)], [], async triple =>
        {
            using var parts = new Parts(options);
            var both = await Task.WhenAll(identities.UnitAsync(request.A, "a", triple, parts), identities.UnitAsync(request.B, "b", triple, parts));
            var response = Decide(request, both[0], both[1], triple.IdentitySpace, triple.IdentityEncoder);
            response.Faces.AddRange(parts.Taken);
            return response;
        });
    }

    private CompareResponse Decide(CompareRequest request, double[] a, double[] b, string space, string? embedder)
    {
        Sphere.RequireSameLength(a, b, "b");
        var response = new CompareResponse { Score = (float)Sphere.Cosine(a, b), Space = space };
        var (version, threshold) = MatchThreshold.Choose(directory.State.Services, space, embedder, [.. Crossed(request.A), .. Crossed(request.B)]);
        if (threshold is { } decided)
        {
            response.Threshold = decided;
            response.SamePerson = response.Score >= decided;
            response.ModelVersion = version;
        }
        return response;
    }

    /// <summary>The model versions of those of a source's vectors that came over a bridge.</summary>
    private static IEnumerable<string> Crossed(RotationSource source) => source.SourceCase switch
    {
        RotationSource.SourceOneofCase.Identity when MatchThreshold.IsCrossed(source.Identity.ModelVersion) => [source.Identity.ModelVersion],
        RotationSource.SourceOneofCase.Interpolation => Crossed(source.Interpolation.From).Concat(Crossed(source.Interpolation.To)),
        _ => [],
    };
}
