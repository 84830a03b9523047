using IpGan.Models;
using IpGan.V1;

namespace IpGan.Serving.Versions;

/// <summary>A new version answers in the shadow of the active one before it takes its place.</summary>
public sealed partial class ModelHost
{
    private Canary? _canary;

    // Only versions that share their spaces can be held against each other: others answer in other coordinates by design. So do a face finder's candidates.
    private bool IsTried(LoadedModel candidate) => _options.CanaryShare > 0 && Role != ModelRole.FaceFinder && _state.Active is { } active
        && active.Manifest.IdentitySpace == candidate.Manifest.IdentitySpace && active.Manifest.PoseSpace == candidate.Manifest.PoseSpace
        && active.Manifest.ImageSize == candidate.Manifest.ImageSize;

    private void Try(LoadedModel candidate)
    {
        EndTrial();
        Log.Tried(_logger, Role.Name(), candidate.Version, _options.CanaryShare, _options.CanaryRequests);
        _canary = new Canary(candidate, _options, DecideAsync);
        _state.Active!.Shadow = _canary;
    }

    // The choice was made otherwise: the version stands by like any other.
    private void EndTrial()
    {
        if (_canary is not { } canary)
        {
            return;
        }
        _canary = null;
        canary.Dispose();
        foreach (var model in _state.Entries.Values.Select(e => e.Loaded).OfType<LoadedModel>())
        {
            model.Shadow = null;
        }
        if (_state.Entries.GetValueOrDefault(canary.Version) is { State: ModelState.Canary } entry)
        {
            Publish(Put(_state, entry with { State = ModelState.Ready }));
        }
    }

    private async Task DecideAsync(Canary canary, double distance, string? problem)
    {
        try
        {
            await _changing.WaitAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The process ends.
            return;
        }
        try
        {
            if (_canary != canary || _state.Entries.GetValueOrDefault(canary.Version) is not { Loaded: { } loaded })
            {
                return;
            }
            EndTrial();
            var entry = _state.Entries[canary.Version];
            if (problem is null)
            {
                Log.Passed(_logger, Role.Name(), canary.Version, distance);
                Publish(_state with { Active = loaded });
                Evict();
                return;
            }
            Log.Rejected(_logger, Role.Name(), canary.Version, problem);
            _metrics.Rejected(Role);
            Publish(Put(_state, entry with { State = ModelState.Rejected, Loaded = null, Problem = problem }));
            loaded.Release();
            // Or the version would be active after the next start, and on every replica that sees other requests.
            Pin(_state.Active!.Version);
            KeepPin(_state.Active!.Version);
        }
        finally
        {
            _changing.Release();
        }
    }
}
