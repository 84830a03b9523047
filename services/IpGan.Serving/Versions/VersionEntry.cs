using IpGan.Models;
using IpGan.V1;

namespace IpGan.Serving.Versions;

/// <summary>What is known of one version: immutable, replaced whenever something changes.</summary>
internal sealed record VersionEntry(int Version, ModelState State, ulong Fingerprint)
{
    public string Problem { get; init; } = "";

    public Manifest? Manifest { get; init; }

    public LoadedModel? Loaded { get; init; }

    /// <summary>When a draining version is unloaded.</summary>
    public DateTimeOffset DrainsUntil { get; init; }

    /// <summary>When it is tried again; null: not before its files change.</summary>
    public DateTimeOffset? TriedAgain { get; init; }

    /// <summary>How long it was put off the last time.</summary>
    public TimeSpan PutOff { get; init; }

    public bool Answers => State is ModelState.Ready or ModelState.Draining or ModelState.Canary;
}
