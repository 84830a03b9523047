using IpGan.Models;
using IpGan.V1;

namespace IpGan.Serving.Versions;

/// <summary>The version that operators chose: kept in the repository, followed from there.</summary>
public sealed partial class ModelHost
{
    // What the repository's pin was when it was last read or written: only a change of it is a choice.
    private int? _pinOnDisk;
    private string _pinComplaint = "";

    // A pin that was written by another process, by hand, or before this process started.
    private void FollowPin(IReadOnlyList<int> onDisk)
    {
        if (TryReadPin(out var pin) && pin != _pinOnDisk && (pin is not null || IsThere()))
        {
            _pinOnDisk = pin;
            if (pin is { } wanted)
            {
                Pin(wanted);
            }
            else
            {
                Unpin();
            }
        }
        // First of all, or a process that starts would answer by another for a while.
        if (_state.Pinned is { } chosen && onDisk.Contains(chosen) && IsDue(_state.Entries.GetValueOrDefault(chosen)))
        {
            Load(chosen);
        }

        // A repository that is away for a while has no pin either. Looked at once more, as it may have gone since.
        bool IsThere() => onDisk.Count > 0 && _repository.Versions(Role).Count > 0;
    }

    private bool TryReadPin(out int? pin)
    {
        try
        {
            pin = _repository.ReadPin(Role);
            _pinComplaint = "";
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // Said once, not at every look.
            if (e.Message != _pinComplaint)
            {
                Log.PinIgnored(_logger, e.Message);
            }
            (_pinComplaint, pin) = (e.Message, null);
            return false;
        }
    }

    // A version that was about to go is kept; one that is not there yet is waited for.
    private void Pin(int version)
    {
        EndTrial();
        var state = _state.Entries.GetValueOrDefault(version) is { Answers: true } entry
            ? Put(_state, entry with { State = ModelState.Ready }) with { Active = entry.Loaded }
            : _state;
        Publish(state with { Pinned = version });
        Log.Pinned(_logger, Role.Name(), version);
    }

    private void Unpin()
    {
        EndTrial();
        var newest = _state.Entries.Values.LastOrDefault(e => e.State == ModelState.Ready);
        Log.Unpinned(_logger, Role.Name());
        if (newest is { Loaded: { } candidate } && candidate != _state.Active && IsTried(candidate))
        {
            Publish(Put(_state, newest with { State = ModelState.Canary }) with { Pinned = null });
            Try(candidate);
            return;
        }
        Publish(_state with { Pinned = null, Active = newest?.Loaded ?? _state.Active });
    }

    private void KeepPin(int? version)
    {
        try
        {
            _repository.WritePin(Role, version);
            _pinOnDisk = version;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.PinNotKept(_logger, Role.Name(), e.Message);
        }
    }
}
