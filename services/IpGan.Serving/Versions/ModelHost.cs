using System.Collections.Immutable;
using IpGan.Models;
using IpGan.Serving.Runtime;
using IpGan.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Versions;

/// <summary>
/// Watches one role of the model repository, keeps the newest versions loaded, and says which one is active. A version is verified, loaded beside
/// the others, warmed up, golden-checked and only then swapped in, by one assignment; whatever goes wrong before leaves everything as it was.
/// </summary>
public sealed partial class ModelHost : BackgroundService
{
    private sealed record State(ImmutableSortedDictionary<int, VersionEntry> Entries, LoadedModel? Active, int? Pinned);

    private readonly ModelRepository _repository;
    private readonly ServingOptions _options;
    private readonly OnnxDevice _device;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelHost> _logger;
    private readonly ServingMetrics _metrics;

    // One change at a time; readers take the current state without waiting.
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private volatile State _state = new(ImmutableSortedDictionary<int, VersionEntry>.Empty, null, null);
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _saidEmpty;

    /// <summary>Prepares the host; nothing is loaded until it starts.</summary>
    public ModelHost(ModelRole role, IOptions<ServingOptions> options, OnnxDevice device, TimeProvider time, ServingMetrics metrics, ILogger<ModelHost> logger)
    {
        Role = role;
        _options = options.Value;
        _repository = new ModelRepository(Path.GetFullPath(_options.Repository));
        (_device, _time, _metrics, _logger) = (device, time, metrics, logger);
    }

    /// <summary>The role that this process serves.</summary>
    public ModelRole Role { get; }

    /// <summary>True once a version answers.</summary>
    public bool IsReady => _state.Active is not null;

    /// <summary>Completes at the next change; take it before reading a snapshot.</summary>
    public Task Changed => _changed.Task;

    /// <summary>A lease on the named version, or on the active one if the name is empty.</summary>
    /// <exception cref="NoModelException">Nothing is loaded yet.</exception>
    /// <exception cref="VersionNotLoadedException">The named version is not loaded.</exception>
    public ModelLease Acquire(string version)
    {
        while (true)
        {
            var state = _state;
            var model = version.Length == 0 ? state.Active : Find(state, version);
            if (model is null)
            {
                throw version.Length == 0 || state.Active is null
                    ? new NoModelException($"No {Role.Name()} is loaded yet: '{_repository.Root}' holds no usable package.")
                    : new VersionNotLoadedException(
                        $"Version '{version}' of the {Role.Name()} is not loaded; loaded are {string.Join(", ", state.Entries.Values.Where(e => e.Answers).Select(e => e.Version))}.");
            }
            if (model.TryAcquire())
            {
                return new ModelLease(model);
            }
            // Retired between reading the state and asking: the state has moved on.
        }
    }

    /// <summary>What is on disk and in memory, as the contracts have it.</summary>
    public ServiceInfo Describe()
    {
        var state = _state;
        var info = new ServiceInfo
        {
            Role = Role.Name(),
            Reachable = true,
            Device = _device.Name,
            PinnedVersion = state.Pinned?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
        };
        info.Models.AddRange(state.Entries.Values.Reverse().Select(e => Describe(e, state.Active)));
        return info;
    }

    /// <summary>Makes a version active and keeps it so; null follows the newest again.</summary>
    /// <exception cref="VersionNotLoadedException">It is not on disk.</exception>
    /// <exception cref="VersionRejectedException">It cannot be loaded.</exception>
    public async Task SetVersionAsync(int? version, CancellationToken cancel)
    {
        await _changing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (version is { } wanted)
            {
                if (!_state.Entries.TryGetValue(wanted, out var entry) || !entry.Answers)
                {
                    if (!_repository.Versions(Role).Contains(wanted))
                    {
                        throw new VersionNotLoadedException(
                            $"There is no version {wanted} of the {Role.Name()}; there are {string.Join(", ", _repository.Versions(Role))}.");
                    }
                    Load(wanted);
                    entry = _state.Entries[wanted];
                }
                if (!entry.Answers)
                {
                    throw new VersionRejectedException($"Version {wanted} of the {Role.Name()} was refused: {entry.Problem}.");
                }
                // A version that was about to go is kept.
                Publish(Put(_state, entry with { State = ModelState.Ready }) with { Active = entry.Loaded, Pinned = wanted });
                Log.Pinned(_logger, Role.Name(), wanted);
            }
            else
            {
                var newest = _state.Entries.Values.LastOrDefault(e => e.State == ModelState.Ready);
                Publish(_state with { Pinned = null, Active = newest?.Loaded ?? _state.Active });
                Log.Unpinned(_logger, Role.Name());
            }
            Evict();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Looks at the repository once: loads what is new, forgets what is gone, drains what is too old.</summary>
    public async Task ScanAsync(CancellationToken cancel)
    {
        await _changing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var onDisk = _repository.Versions(Role);
            Forget(onDisk);
            var usable = 0;
            // A loaded version counts even when its folder is gone: without it an older one would be loaded in vain, again and again.
            foreach (var version in onDisk.Union(_state.Entries.Keys).OrderDescending())
            {
                cancel.ThrowIfCancellationRequested();
                var fingerprint = _repository.Fingerprint(Role, version);
                _state.Entries.TryGetValue(version, out var entry);
                if (entry is { Loaded: not null })
                {
                    Compare(entry, fingerprint);
                    usable += entry.State == ModelState.Ready ? 1 : 0;
                }
                else if (usable >= _options.Keep)
                {
                    if (entry is null || entry.Fingerprint != fingerprint)
                    {
                        Publish(Put(_state, new VersionEntry(version, ModelState.Available, fingerprint)));
                    }
                }
                else if (entry is null || entry.State == ModelState.Available || entry.Fingerprint != fingerprint)
                {
                    usable += Load(version) ? 1 : 0;
                }
            }
            Evict();
            SayIfEmpty();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        foreach (var entry in _state.Entries.Values)
        {
            entry.Loaded?.Release();
        }
        _state = new State(ImmutableSortedDictionary<int, VersionEntry>.Empty, null, null);
        _stopping.Dispose();
        _changing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the caller's thread: the server opens its ports while the first version loads.
        await Task.Yield();
        using var timer = new PeriodicTimer(_options.PollInterval, _time);
        var complaint = "";
        do
        {
            try
            {
                await ScanAsync(stoppingToken).ConfigureAwait(false);
                complaint = "";
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is, what is loaded serves on; the next look may go better. Said once, not once a second.
                if (e.Message != complaint)
                {
                    Log.RepositoryUnreadable(_logger, e, _repository.Root);
                }
                complaint = e.Message;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private bool Load(int version)
    {
        var fingerprint = _repository.Fingerprint(Role, version);
        Publish(Put(_state, new VersionEntry(version, ModelState.Loading, fingerprint)));
        var started = _time.GetTimestamp();
        VersionEntry entry;
        Manifest? manifest = null;
        try
        {
            var package = ModelPackage.Open(_repository.Folder(Role, version));
            manifest = package.Manifest;
            var loaded = new LoadedModel(version, package, _device);
            entry = new VersionEntry(version, ModelState.Ready, fingerprint) { Loaded = loaded, Manifest = manifest };
        }
        catch (PackageIncompleteException e)
        {
            entry = new VersionEntry(version, ModelState.Incomplete, fingerprint) { Problem = e.Message };
            Log.Incomplete(_logger, Role.Name(), version, e.Message);
        }
        catch (Exception e)
        {
            // Whatever a package brings about, it must not end the service that serves another.
            entry = new VersionEntry(version, ModelState.Rejected, fingerprint) { Problem = e.Message, Manifest = manifest };
            _metrics.Rejected(Role);
            Log.Rejected(_logger, Role.Name(), version, e.Message);
        }
        var state = Put(_state, entry);
        if (entry.Loaded is { } model)
        {
            _metrics.Loaded(Role, _time.GetElapsedTime(started));
            var activate = state.Pinned is null && (state.Active is null || state.Active.Version < version);
            Log.Loaded(_logger, Role.Name(), version, _time.GetElapsedTime(started).TotalMilliseconds, activate ? "active" : "standing by");
            if (activate)
            {
                _metrics.Swapped(Role);
                state = state with { Active = model };
            }
        }
        Publish(state);
        return entry.Loaded is not null;
    }

    // Beyond the newest Keep, versions go: first announced, then, after the delay, retired. Active and pinned ones stay.
    private void Evict()
    {
        var ready = _state.Entries.Values.Where(e => e.State == ModelState.Ready).Reverse().ToList();
        foreach (var entry in ready.Skip(_options.Keep).Where(e => e.Loaded != _state.Active && e.Version != _state.Pinned))
        {
            Log.Draining(_logger, Role.Name(), entry.Version, _options.DrainDelay.TotalSeconds);
            var until = _time.GetUtcNow() + _options.DrainDelay;
            Publish(Put(_state, entry with { State = ModelState.Draining, DrainsUntil = until }));
            _ = RetireLaterAsync(entry.Version, until);
        }
    }

    private async Task RetireLaterAsync(int version, DateTimeOffset until)
    {
        try
        {
            await Task.Delay(_options.DrainDelay, _time, _stopping.Token).ConfigureAwait(false);
            await _changing.WaitAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The process ends; Dispose gives everything back.
            return;
        }
        try
        {
            // An operator may have chosen it again meanwhile, and then another one, which began its time anew.
            if (_state.Entries.TryGetValue(version, out var entry) && entry is { State: ModelState.Draining, Loaded: { } loaded } && entry.DrainsUntil == until)
            {
                Publish(Put(_state, entry with { State = ModelState.Available, Loaded = null, Problem = "" }));
                loaded.Release();
                Log.Unloaded(_logger, Role.Name(), version);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    // Versions whose folder is gone are forgotten, unless they are loaded: those serve until newer ones push them out.
    private void Forget(IReadOnlyList<int> onDisk)
    {
        var gone = _state.Entries.Values.Where(e => e.Loaded is null && !onDisk.Contains(e.Version)).Select(e => e.Version).ToList();
        if (gone.Count > 0)
        {
            Publish(_state with { Entries = _state.Entries.RemoveRange(gone) });
        }
    }

    // A loaded version whose files are no longer what was loaded: said, never acted upon.
    private void Compare(VersionEntry entry, ulong fingerprint)
    {
        if (entry.Fingerprint == fingerprint)
        {
            return;
        }
        var problem = FindChange(entry);
        if (problem.Length > 0 && problem != entry.Problem)
        {
            Log.ChangedUnderneath(_logger, Role.Name(), entry.Version, problem);
        }
        Publish(Put(_state, entry with { Fingerprint = fingerprint, Problem = problem }));
    }

    private string FindChange(VersionEntry entry)
    {
        var folder = _repository.Folder(Role, entry.Version);
        if (!Directory.Exists(folder))
        {
            return "its folder is gone; it serves on until newer versions push it out or the process ends";
        }
        const string Changed = "its files changed after it was loaded; packages never change: publish a new version";
        try
        {
            // Copying programs set times when the content is there: the same files with other times are no change.
            return ModelPackage.Open(folder).Manifest.Files.SequenceEqual(entry.Manifest!.Files) ? "" : Changed;
        }
        catch (Exception e) when (e is PackageIncompleteException or PackageInvalidException)
        {
            return $"{Changed} ({e.Message})";
        }
    }

    private void SayIfEmpty()
    {
        if (!IsReady && !_saidEmpty)
        {
            _saidEmpty = true;
            Log.Empty(_logger, _repository.Root, Role.Name());
        }
    }

    private static State Put(State state, VersionEntry entry) => state with { Entries = state.Entries.SetItem(entry.Version, entry) };

    private void Publish(State state)
    {
        _state = state;
        var changed = Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.TrySetResult();
    }

    private static LoadedModel? Find(State state, string version) =>
        ModelRepository.ParseVersion(version) is { } number && state.Entries.TryGetValue(number, out var entry) && entry.Answers ? entry.Loaded : null;

    private static ModelInfo Describe(VersionEntry entry, LoadedModel? active)
    {
        var info = new ModelInfo
        {
            Version = entry.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            State = entry.State,
            Active = entry.Loaded is not null && entry.Loaded == active,
            Problem = entry.Problem,
        };
        if (entry.Manifest is { } manifest)
        {
            info.IdentitySpace = Space(manifest.IdentitySpace);
            info.PoseSpace = Space(manifest.PoseSpace);
            info.ImageSize = manifest.ImageSize;
            info.Created = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(manifest.Created);
        }
        return info;
    }

    private static SpaceInfo? Space(VectorSpace? space) => space is null ? null : new SpaceInfo { Name = space.Name, Dimension = space.Dimension };
}
