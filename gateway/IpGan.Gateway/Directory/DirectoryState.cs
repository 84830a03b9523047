using System.Collections.Frozen;
using System.Collections.Immutable;
using Grpc.Core;
using IpGan.Serving.Rpc;
using IpGan.V1;

namespace IpGan.Gateway.Directory;

/// <summary>What is known of all services at one moment: immutable, replaced whenever anything changes.</summary>
/// <param name="Services">One for each replica, in the order of the configuration.</param>
/// <param name="Finders">Beside each: its face finder, if it has one.</param>
/// <param name="Serving">The triple that rotations use; null when no consistent one is up.</param>
internal sealed record DirectoryState(ImmutableArray<ServiceInfo> Services, ImmutableArray<ServiceInfo?> Finders, Triple? Serving)
{
    /// <summary>Role and address of every replica that can be reached and has an active version.</summary>
    public FrozenSet<(string Role, string Address)> Answering { get; } =
        Services.Where(s => s.Reachable && s.Models.Any(m => m.Active)).Select(s => (s.Role, s.Address)).ToFrozenSet();

    /// <summary>The triple for a request: the one in use, or, for vectors from other spaces, the newest that understands them.</summary>
    /// <param name="identitySpaces">Spaces of the identity vectors that the request brings.</param>
    /// <param name="poseSpaces">Spaces of the pose vectors that it brings.</param>
    /// <exception cref="RpcException">UNAVAILABLE: no consistent triple is up. FAILED_PRECONDITION: none understands the vectors.</exception>
    public Triple Choose(IReadOnlyCollection<string> identitySpaces, IReadOnlyCollection<string> poseSpaces)
    {
        if (Serving is null)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"No consistent set of models is up. {Note()}"));
        }
        bool Fits(Triple t) => identitySpaces.All(s => s == t.IdentitySpace) && poseSpaces.All(s => s == t.PoseSpace);
        if (Fits(Serving))
        {
            return Serving;
        }
        var up = TripleSelector.All(Services);
        return up.FirstOrDefault(Fits) ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, Mismatch(up, identitySpaces, poseSpaces)));
    }

    /// <summary>The answer of <c>ListModels</c>.</summary>
    public ModelsSnapshot ToSnapshot()
    {
        var snapshot = new ModelsSnapshot { Serving = Serving?.ToContract(), Note = Note() };
        snapshot.Services.AddRange(Services.Concat(Finders.OfType<ServiceInfo>()));
        return snapshot;
    }

    private string Note()
    {
        var lost = Services.Where(s => !s.Reachable).Select(s => $"The {s.Role} at {s.Address} cannot be reached.").ToList();
        if (Serving is null)
        {
            return string.Join(" ", [.. lost, .. Roles.Services.Select(Speaks), "Rotations need versions that share their spaces."]);
        }
        var active = Roles.Services.Select(role => (role, TripleSelector.Active(Services, role))).ToList();
        if (!active.Select(a => a.Item2).SequenceEqual([Serving.IdentityEncoder, Serving.PoseEncoder, Serving.Generator]))
        {
            lost.Add($"Active are {string.Join(", ", active.Select(a => $"{a.role} {a.Item2 ?? "(replicas differ)"}"))}, which do not share their spaces or are "
                + $"not all loaded; rotations use {Serving} until a complete newer set is up.");
        }
        return string.Join(" ", lost);
    }

    private string Speaks(string role)
    {
        var spaces = Services.Where(s => s.Role == role && s.Reachable).SelectMany(s => s.Models).Where(m => m.State == ModelState.Ready)
            .Select(m => $"{m.Version} ({string.Join(", ", new[] { m.IdentitySpace?.Name, m.PoseSpace?.Name }.OfType<string>())})").Distinct().ToList();
        return spaces.Count == 0 ? $"No {role} is loaded." : $"Loaded {role}: {string.Join(", ", spaces)}.";
    }

    private static string Mismatch(List<Triple> up, IReadOnlyCollection<string> identitySpaces, IReadOnlyCollection<string> poseSpaces)
    {
        var brought = identitySpaces.Distinct().Select(s => $"an identity vector is in {Named(s)}")
            .Concat(poseSpaces.Distinct().Select(s => $"a target's pose is in {Named(s)}"));
        var understood = up.Select(t => $"'{t.IdentitySpace}' with '{t.PoseSpace}'").Distinct();
        return $"In the request {string.Join(" and ", brought).Shortened()}; the loaded models understand {string.Join(", or ", understood)}. "
            + "Embed the photos again, and send each vector with the space that it came with.";
    }

    private static string Named(string space) => space.Length == 0 ? "no named space" : $"space '{space}'";
}
