using System.Globalization;
using IpGan.V1;

namespace IpGan.CommandLine.Searching;

/// <summary>A way for a store's vectors into the space of the identity encoder that answers now.</summary>
/// <param name="Version">The version that has it.</param>
/// <param name="Into">The space where it ends.</param>
/// <param name="Measured">What is lost on it.</param>
internal sealed record Bridge(string Version, SpaceInfo Into, BridgeInfo Measured)
{
    // As the service writes model versions of vectors that came over a bridge: "2 via bridge from 1 of SPACE".
    private const string Via = " via bridge from ";
    private const string Of = " of ";

    /// <summary>The space that the identity encoder speaks which answers now; null if none does.</summary>
    public static SpaceInfo? ActiveSpace(ModelsSnapshot models) => Encoders(models).FirstOrDefault(m => m.Active)?.IdentitySpace;

    /// <summary>The bridge from a space into the active one; null if no encoder that answers has one.</summary>
    public static Bridge? Find(ModelsSnapshot models, string from) => ActiveSpace(models) is { } space
        ? Encoders(models).Where(m => (m.Active || m.State == ModelState.Ready) && m.IdentitySpace?.Name == space.Name).OrderByDescending(m => m.Active)
            .SelectMany(m => m.Bridges.Where(b => b.From.Name == from), (model, bridge) => new Bridge(model.Version, space, bridge)).FirstOrDefault()
        : null;

    /// <summary>From where on a vector of a space and one that was kept are one person; null when no package says it.</summary>
    /// <param name="models">All there are.</param>
    /// <param name="space">Of both vectors.</param>
    /// <param name="asked">The version of the encoder that made the one that is looked for.</param>
    /// <param name="kept">The model version of the other.</param>
    public static float? Threshold(ModelsSnapshot models, string space, string asked, string kept)
    {
        // As the gateway compares: the vector's own bridge before that of a compatible update, and active versions before others.
        var encoders = Encoders(models).Where(m => m.IdentitySpace?.Name == space)
            .OrderByDescending(m => kept.StartsWith(m.Version + Via, StringComparison.Ordinal)).ThenByDescending(m => m.Active);
        return kept.Contains(Via, StringComparison.Ordinal)
            ? encoders.SelectMany(m => m.Bridges).FirstOrDefault(b => kept.EndsWith(Of + b.From.Name, StringComparison.Ordinal))?.Threshold
            : encoders.FirstOrDefault(m => m.Version == asked)?.Verification?.Threshold;
    }

    /// <summary>What is lost, in words.</summary>
    public string Words => string.Create(CultureInfo.InvariantCulture,
        $"{Measured.Found:P1} of searches find the right person first ({Measured.OldFound:P1} before, {Measured.NewFound:P1} had the photos been embedded again), "
        + $"{Measured.Accuracy:P1} of pairs are told right ({Measured.OldAccuracy:P1}, {Measured.NewAccuracy:P1}); measured on {Measured.MeasuredOn}");

    private static IEnumerable<ModelInfo> Encoders(ModelsSnapshot models) =>
        // Of one that is lost the last word is kept; one that was rejected decides nothing.
        models.Services.Where(s => s.Reachable && s.Role == "identity-encoder").SelectMany(s => s.Models).Where(m => m.State != ModelState.Rejected);
}
