using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>Resolves and compares identities.</summary>
internal sealed class FaceComparer(ServiceDirectory directory, IdentityResolver identities)
{
    // As identity encoders write the model versions of vectors that came over a bridge: "2 via bridge from 1 of SPACE".
    private const string Via = " via bridge from ";
    private const string Of = " of ";

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
            return Task.FromResult(Decide(request, Sphere.Unit(a, "a"), Sphere.Unit(b, "b"), a.Space));
        }
        return directory.WithTripleAsync([.. RotationRequest.Spaces(request.A), .. RotationRequest.Spaces(request.B)], [], async triple =>
        {
            using var parts = new Parts(options);
            var both = await Task.WhenAll(identities.UnitAsync(request.A, "a", triple, parts), identities.UnitAsync(request.B, "b", triple, parts));
            var response = Decide(request, both[0], both[1], triple.IdentitySpace);
            response.Faces.AddRange(parts.Taken);
            return response;
        });
    }

    private CompareResponse Decide(CompareRequest request, double[] a, double[] b, string space)
    {
        var response = new CompareResponse { Score = (float)Sphere.Cosine(a, b), Space = space };
        // Active before others, which are listed newest first: a compatible update keeps the space and may move the threshold. Of a replica that is lost the last word is kept: it comes last.
        var encoders = directory.State.Services.Where(s => s.Role == Roles.IdentityEncoder).SelectMany(s => s.Models, (service, model) => (service.Reachable, Model: model))
            .Where(m => m.Model.State != ModelState.Rejected && m.Model.IdentitySpace?.Name == space)
            .OrderByDescending(m => m.Reachable).ThenByDescending(m => m.Model.Active).Select(m => m.Model).ToList();
        List<string> crossed = [.. Crossed(request.A), .. Crossed(request.B)];
        var (version, threshold) = crossed switch
        {
            [] => encoders.Where(m => m.Verification is not null).Select(m => (m.Version, (float?)m.Verification.Threshold)).FirstOrDefault(),
            // Its own bridge before that of a compatible update.
            [var one] => encoders.OrderByDescending(m => one.StartsWith(m.Version + Via, StringComparison.Ordinal))
                .SelectMany(m => m.Bridges.Where(bridge => one.EndsWith(Of + bridge.From.Name, StringComparison.Ordinal)), (m, bridge) => (m.Version, (float?)bridge.Threshold))
                .FirstOrDefault(),
            // Bridges are measured against vectors of the model, not among themselves.
            _ => default,
        };
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
        RotationSource.SourceOneofCase.Identity when source.Identity.ModelVersion.Contains(Via, StringComparison.Ordinal) => [source.Identity.ModelVersion],
        RotationSource.SourceOneofCase.Interpolation => Crossed(source.Interpolation.From).Concat(Crossed(source.Interpolation.To)),
        _ => [],
    };
}
