using IpGan.Models;
using IpGan.V1;

namespace IpGan.Serving.Versions;

/// <summary>The roles of this process: its own, and, beside an encoder, the face finder, which may be without a package.</summary>
/// <param name="own">The role that the process is for.</param>
/// <param name="finder">Null beside a generator.</param>
public sealed class ModelHosts(ModelHost own, ModelHost? finder)
{
    private readonly Lock _lock = new();
    private Task _changed = Task.CompletedTask;

    /// <summary>The role that the process is for.</summary>
    public ModelHost Own => own;

    /// <summary>All.</summary>
    public IEnumerable<ModelHost> All => finder is null ? [own] : [own, finder];

    /// <summary>True once a version of its own role answers, and a face finder, if there is one, was loaded.</summary>
    public bool IsReady => own.IsReady && finder is null or { HasLooked: true };

    /// <summary>Completes at the next change of any; take it before reading a snapshot.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                // One for all who wait: each would stay with the role that changes rarely.
                return _changed = _changed.IsCompleted ? Task.WhenAny(All.Select(h => h.Changed)) : _changed;
            }
        }
    }

    /// <summary>A lease on a version of the face finder, or on the active one if the name is empty. Null: the repository has none.</summary>
    /// <exception cref="VersionNotLoadedException">The named version is not loaded.</exception>
    /// <exception cref="NoModelException">Whether there is one is not known yet: the process has just started. Or there is, and it is not loaded.</exception>
    public ModelLease? AcquireFinder(string version)
    {
        if (finder is { HasLooked: false })
        {
            throw new NoModelException($"No {ModelRole.FaceFinder.Name()} is loaded yet: the service has just started.");
        }
        // Where one is still to come, or was refused, a whole photo must not pass for a square that was cut before.
        return finder is { HasVersions: true } ? finder.Acquire(version) : null;
    }

    /// <summary>The role of a name; the process's own if it is empty.</summary>
    /// <exception cref="InvalidRequestException">The process has no such role.</exception>
    public ModelHost Find(string role) => role.Length == 0 ? own : All.FirstOrDefault(h => h.Role.Name() == role)
        ?? throw new InvalidRequestException($"This service is a {own.Role.Name()}, not a '{role}'.", "role");

    /// <summary>What is on disk and in memory, as the contracts have it. A face finder of which there is no package is left out.</summary>
    public ModelsSnapshot Describe()
    {
        var snapshot = new ModelsSnapshot();
        snapshot.Services.AddRange(All.Select(h => h.Describe()).Where((s, i) => i == 0 || s.Models.Count > 0));
        return snapshot;
    }
}
