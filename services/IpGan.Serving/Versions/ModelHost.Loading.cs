using IpGan.Models;
using IpGan.V1;
using Microsoft.ML.OnnxRuntime;

namespace IpGan.Serving.Versions;

/// <summary>How one version comes into memory, or why it does not.</summary>
public sealed partial class ModelHost
{
    private static readonly TimeSpan FirstPutOff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPutOff = TimeSpan.FromMinutes(10);

    // ONNX Runtime tells a lack of memory from a broken network by its words alone: its own and CUDA's.
    private static readonly string[] WordsOfMemory = ["bad_alloc", "bad allocation", "out of memory", "failed to allocate memory", "ALLOC_FAILED"];

    private bool Load(int version)
    {
        var fingerprint = _repository.Fingerprint(Role, version);
        var before = _state.Entries.GetValueOrDefault(version);
        Publish(Put(_state, new VersionEntry(version, ModelState.Loading, fingerprint)));
        var started = _time.GetTimestamp();
        VersionEntry entry;
        Manifest? manifest = null;
        try
        {
            var package = ModelPackage.Open(_repository.Folder(Role, version));
            manifest = package.Manifest;
            if (_signer is not null)
            {
                PackageSignature.Verify(package, _signer);
            }
            var loaded = new LoadedModel(version, package, _device, _metrics);
            entry = new VersionEntry(version, ModelState.Ready, fingerprint) { Loaded = loaded, Manifest = manifest };
        }
        catch (PackageIncompleteException e)
        {
            entry = Later(new VersionEntry(version, ModelState.Incomplete, fingerprint) { Problem = e.Message }, e.InnerException);
            Log.Incomplete(_logger, Role.Name(), version, e.Message);
        }
        catch (Exception e)
        {
            // Whatever a package brings about, it must not end the service that serves another.
            entry = Later(new VersionEntry(version, ModelState.Rejected, fingerprint) { Problem = e.Message, Manifest = manifest }, e);
            _metrics.Rejected(Role);
            Log.Rejected(_logger, Role.Name(), version, e.Message);
        }
        var state = Put(_state, entry);
        if (entry.Loaded is { } model)
        {
            _metrics.Loaded(Role, _time.GetElapsedTime(started));
            // Where the chosen one is missing or broken, any is better than none; where it may still come, nobody answers in its place.
            var activate = version == state.Pinned || (state.Active is { } active
                ? state.Pinned is null && active.Version < version && (_canary is null || _canary.Version < version)
                : state.Pinned is null || _isComplete);
            var trial = activate && version != state.Pinned && IsTried(model);
            Log.Loaded(_logger, Role.Name(), version, _time.GetElapsedTime(started).TotalMilliseconds, trial ? "on trial" : activate ? "active" : "standing by");
            if (trial)
            {
                Publish(Put(state, entry with { State = ModelState.Canary }));
                Try(model);
                return true;
            }
            if (activate)
            {
                EndTrial();
                state = Put(_state, entry) with { Active = model };
            }
        }
        Publish(state);
        return entry.Loaded is not null;

        // A disk or a network that fails, or memory that is short for a while, changes nothing in the files.
        VersionEntry Later(VersionEntry entry, Exception? cause)
        {
            if (cause is not IOException && !IsShortOfMemory(cause))
            {
                return entry;
            }
            var putOff = before is null || before.PutOff == default ? FirstPutOff : before.PutOff * 2 < LongestPutOff ? before.PutOff * 2 : LongestPutOff;
            return entry with { PutOff = putOff, TriedAgain = _time.GetUtcNow() + putOff };
        }
    }

    private static bool IsShortOfMemory(Exception? cause) => cause is OutOfMemoryException
        || ((cause as OnnxRuntimeException ?? cause?.InnerException as OnnxRuntimeException) is { } failure
            && WordsOfMemory.Any(w => failure.Message.Contains(w, StringComparison.OrdinalIgnoreCase)));
}
