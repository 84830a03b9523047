using IpGan.V1;

namespace IpGan.Gateway.Directory;

/// <summary>Chooses which versions work together.</summary>
internal static class TripleSelector
{
    /// <summary>
    /// What rotations use from now on. The active versions, when they understand each other; while operators roll the services one after the other they do
    /// not, and the triple of before stays as long as it is up; failing that the newest triple that is.
    /// </summary>
    /// <param name="services">What the services said; those that cannot be reached are passed over.</param>
    /// <param name="current">The triple of before.</param>
    /// <returns>Null if no three loaded versions understand each other.</returns>
    public static Triple? Choose(IReadOnlyList<ServiceInfo> services, Triple? current)
    {
        var triples = All(services);
        return triples.FirstOrDefault(t => t.IdentityEncoder == Active(services, Roles.IdentityEncoder)
                && t.PoseEncoder == Active(services, Roles.PoseEncoder) && t.Generator == Active(services, Roles.Generator))
            ?? (current is not null && triples.Contains(current) ? current : triples.FirstOrDefault());
    }

    /// <summary>All triples that are up, the newest first.</summary>
    public static List<Triple> All(IReadOnlyList<ServiceInfo> services)
    {
        var identityEncoders = Ready(services, Roles.IdentityEncoder);
        var poseEncoders = Ready(services, Roles.PoseEncoder);
        return
        [
            .. from generator in Ready(services, Roles.Generator)
               from identity in identityEncoders
               where identity.IdentitySpace == generator.IdentitySpace
               from pose in poseEncoders
               where pose.PoseSpace == generator.PoseSpace
               select new Triple(identity.Version, pose.Version, generator.Version, generator.IdentitySpace, generator.PoseSpace),
        ];
    }

    /// <summary>The version that a role's replicas call active; null while they differ.</summary>
    public static string? Active(IReadOnlyList<ServiceInfo> services, string role)
    {
        var active = services.Where(s => s.Reachable && s.Role == role).SelectMany(s => s.Models).Where(m => m.Active).Select(m => m.Version).Distinct().ToList();
        return active is [var only] ? only : null;
    }

    /// <summary>True if the replica answers for this version of its role in this triple.</summary>
    public static bool Has(ServiceInfo service, Triple triple) => service.Reachable && service.Models.Any(m => m.State == ModelState.Ready && service.Role switch
    {
        Roles.IdentityEncoder => m.Version == triple.IdentityEncoder && m.IdentitySpace?.Name == triple.IdentitySpace,
        Roles.PoseEncoder => m.Version == triple.PoseEncoder && m.PoseSpace?.Name == triple.PoseSpace,
        _ => m.Version == triple.Generator && m.IdentitySpace?.Name == triple.IdentitySpace && m.PoseSpace?.Name == triple.PoseSpace,
    });

    // Newest first: versions are positive integers without leading zeros, so the longer one is the larger one.
    private static List<(string Version, string IdentitySpace, string PoseSpace)> Ready(IReadOnlyList<ServiceInfo> services, string role) =>
    [
        .. services.Where(s => s.Reachable && s.Role == role).SelectMany(s => s.Models).Where(m => m.State == ModelState.Ready)
            .Select(m => (m.Version, m.IdentitySpace?.Name ?? "", m.PoseSpace?.Name ?? "")).Distinct()
            .OrderByDescending(m => m.Version.Length).ThenByDescending(m => m.Version, StringComparer.Ordinal),
    ];
}
