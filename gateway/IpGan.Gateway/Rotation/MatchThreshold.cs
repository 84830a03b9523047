using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>Which version's threshold decides whether two vectors are of one person.</summary>
internal static class MatchThreshold
{
    // As identity encoders write the model versions of vectors that came over a bridge: "2 via bridge from 1 of SPACE".
    private const string Via = " via bridge from ";
    private const string Of = " of ";

    /// <summary>True for the model version of a vector that came over a bridge.</summary>
    public static bool IsCrossed(string modelVersion) => modelVersion.Contains(Via, StringComparison.Ordinal);

    /// <summary>The version, and its threshold; null: nobody has measured one.</summary>
    /// <param name="services">What is known of all services.</param>
    /// <param name="space">The vectors' space.</param>
    /// <param name="embedder">The version that embeds photos for this request; null if it brings vectors alone.</param>
    /// <param name="crossed">The model versions of those vectors that came over a bridge.</param>
    public static (string? Version, float? Threshold) Choose(IReadOnlyList<ServiceInfo> services, string space, string? embedder, IReadOnlyList<string> crossed)
    {
        // A compatible update keeps the space and may move the threshold. So the one that embedded before all; then active ones before others, which are listed newest first. Of a replica
        // that is lost the last word is kept: it comes last.
        var encoders = services.Where(s => s.Role == Roles.IdentityEncoder).SelectMany(s => s.Models, (service, model) => (service.Reachable, Model: model))
            .Where(m => m.Model.State != ModelState.Rejected && m.Model.IdentitySpace?.Name == space)
            .OrderByDescending(m => m.Model.Version == embedder).ThenByDescending(m => m.Reachable).ThenByDescending(m => m.Model.Active).Select(m => m.Model).ToList();
        return crossed switch
        {
            [] => encoders.Where(m => m.Verification is not null).Select(m => (m.Version, (float?)m.Verification.Threshold)).FirstOrDefault(),
            // Its own bridge before that of a compatible update.
            [var one] => encoders.OrderByDescending(m => one.StartsWith(m.Version + Via, StringComparison.Ordinal))
                .SelectMany(m => m.Bridges.Where(bridge => one.EndsWith(Of + bridge.From.Name, StringComparison.Ordinal)), (m, bridge) => (m.Version, (float?)bridge.Threshold))
                .FirstOrDefault(),
            // Bridges are measured against vectors of the model, not among themselves.
            _ => default,
        };
    }
}
