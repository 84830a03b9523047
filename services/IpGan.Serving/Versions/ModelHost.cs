using System.Collections.Immutable;
using System.Security.Cryptography;
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
    private readonly ECDsa? _signer;
    private readonly ServingOptions _options;
    private readonly OnnxDevice _device;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelHost> _logger;
    private readonly Func<bool> _folderIsComplete;
    private readonly ServingMetrics _metrics;

    // A folder that cannot be looked at is not waited for by who can do without: a face finder's keeps no encoder from being ready.
    private const int Patience = 3;

    // One change at a time; readers take the current state without waiting.
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private volatile State _state = new(ImmutableSortedDictionary<int, VersionEntry>.Empty, null, null);
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _saidEmpty;
    private bool _saidUnusable;
    private bool _isComplete;
    private volatile bool _looked;
    private volatile string _complaint = "";

    /// <summary>Prepares the host; nothing is loaded until it starts.</summary>
    /// <param name="role">The role that is watched.</param>
    /// <param name="options">Where, and how many versions.</param>
    /// <param name="device">What networks run on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Told of what happens.</param>
    /// <param name="logger">Told, too.</param>
    /// <param name="folderIsComplete">Whether the folder has what it is to have by now; null: always. A bucket's has it once it was looked at.</param>
    public ModelHost(
        ModelRole role, IOptions<ServingOptions> options, OnnxDevice device, TimeProvider time, ServingMetrics metrics, ILogger<ModelHost> logger,
        Func<bool>? folderIsComplete = null)
    {
        Role = role;
        _folderIsComplete = folderIsComplete ?? (() => true);
        _options = options.Value;
        _repository = new ModelRepository(_options.Folder);
        _signer = _options.RequireSignature is { } file ? PackageSignature.ReadKey(file) : null;
        (_device, _time, _metrics, _logger) = (device, time, metrics, logger);
    }

    /// <summary>The role that is watched.</summary>
    public ModelRole Role { get; }

    /// <summary>True once a version answers.</summary>
    public bool IsReady => _state.Active is not null;

    /// <summary>True if the repository has versions, or had those that are loaded: whether one answers or not.</summary>
    public bool HasVersions => !_state.Entries.IsEmpty;

    /// <summary>True once the repository was looked at, with what a bucket has: what was in it then is loaded, or was refused. Also when three looks failed.</summary>
    public bool HasLooked => _looked;

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
                    ? new NoModelException(
                        $"No {Role.Name()} is loaded yet: '{_repository.Root}' {(_complaint.Length == 0 ? "holds no usable package" : $"cannot be looked at: {_complaint.TrimEnd('.')}")}.")
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

    /// <summary>
    /// Makes a version active and keeps it so; null follows the newest again. The choice is kept in the repository, where it outlives this process and
    /// binds all that share it; in a repository that cannot be written it lives in this process only, and the log says so.
    /// </summary>
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
                Pin(wanted);
            }
            else
            {
                Unpin();
            }
            Evict();
            KeepPin(version);
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
            _isComplete = _folderIsComplete();
            var onDisk = _repository.Versions(Role);
            Forget(onDisk);
            FollowPin(onDisk);
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
                    usable += entry.State is ModelState.Ready or ModelState.Canary ? 1 : 0;
                }
                else if (usable >= _options.Keep)
                {
                    if (entry is null || entry.Fingerprint != fingerprint)
                    {
                        Publish(Put(_state, new VersionEntry(version, ModelState.Available, fingerprint)));
                    }
                }
                else if (IsDue(entry) || entry!.Fingerprint != fingerprint)
                {
                    usable += Load(version) ? 1 : 0;
                }
            }
            if (_isComplete && _state.Active is null && _state.Entries.Values.LastOrDefault(e => e.State == ModelState.Ready) is { } newest)
            {
                // The chosen one was waited for in vain.
                Publish(_state with { Active = newest.Loaded });
            }
            Evict();
            SayIfEmpty();
            if (!_looked && _isComplete)
            {
                _looked = true;
                Announce();
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    // Whether a version is to be loaded although its files are as they were: it never was, or was put off until now.
    private bool IsDue(VersionEntry? entry) => entry is null or { State: ModelState.Available } || (entry.Loaded is null && entry.TriedAgain <= _time.GetUtcNow());

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _canary?.Dispose();
        foreach (var entry in _state.Entries.Values)
        {
            entry.Loaded?.Release();
        }
        _state = new State(ImmutableSortedDictionary<int, VersionEntry>.Empty, null, null);
        _stopping.Dispose();
        _changing.Dispose();
        _signer?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _metrics.Watch(Role, Describe);
        // Off the caller's thread: the server opens its ports while the first version loads.
        await Task.Yield();
        using var timer = new PeriodicTimer(_options.PollInterval, _time);
        var misses = 0;
        do
        {
            try
            {
                await ScanAsync(stoppingToken).ConfigureAwait(false);
                _complaint = "";
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is, what is loaded serves on; the next look may go better. Said once, not once a second.
                if (e.Message != _complaint)
                {
                    Log.RepositoryUnreadable(_logger, e, _repository.Root, Role.Name());
                }
                _complaint = e.Message;
                if (!_looked && ++misses >= Patience && _folderIsComplete())
                {
                    _looked = true;
                    Announce();
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
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
        if (IsReady)
        {
            return;
        }
        // Without any finder a square photo is taken as it is, beside one that cannot be used none is.
        if (Role == ModelRole.FaceFinder && HasVersions)
        {
            if (!_saidUnusable)
            {
                _saidUnusable = true;
                Log.NoUsableFinder(_logger, _repository.Root, Role.Name());
            }
        }
        else if (!_saidEmpty)
        {
            _saidEmpty = true;
            if (Role == ModelRole.FaceFinder)
            {
                Log.NoFinder(_logger, _repository.Root, Role.Name());
            }
            else
            {
                Log.Empty(_logger, _repository.Root, Role.Name());
            }
        }
    }

    private static State Put(State state, VersionEntry entry) => state with { Entries = state.Entries.SetItem(entry.Version, entry) };

    private void Publish(State state)
    {
        if (state.Active != _state.Active)
        {
            _metrics.Swapped(Role);
        }
        _state = state;
        Announce();
    }

    private void Announce() => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private static LoadedModel? Find(State state, string version) =>
        ModelRepository.ParseVersion(version) is { } number && state.Entries.TryGetValue(number, out var entry) && entry.Answers ? entry.Loaded : null;
}
