using System.Collections.Immutable;
using System.Security.Cryptography;
using Grpc.Core;
using IpGan.Gateway.Telemetry;
using IpGan.V1;
using Microsoft.Extensions.Options;
using OpenTelemetry;

namespace IpGan.Gateway.Directory;

/// <summary>Watches the models of every service, says which triple is in use, and finds a replica for a call.</summary>
internal sealed partial class ServiceDirectory : IDisposable
{
    // A service sends a heartbeat every three seconds.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly IOptions<GatewayOptions> _options;
    private readonly TimeProvider _time;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger<ServiceDirectory> _logger;
    private readonly Lock _updating = new();
    private volatile Replica[] _replicas = [];
    private volatile DirectoryState _state = new([], [], null);
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServiceDirectory(IOptions<GatewayOptions> options, TimeProvider time, GatewayMetrics metrics, ILogger<ServiceDirectory> logger)
    {
        (_options, _time, _metrics, _logger) = (options, time, metrics, logger);
        metrics.Watch(() => State);
    }

    /// <summary>What is known now.</summary>
    public DirectoryState State => _state;

    /// <summary>Completes at the next change; take it before reading <see cref="State"/>.</summary>
    public Task Changed => _changed.Task;

    /// <summary>From now on these are the replicas. New ones are watched; those that are gone get no new calls.</summary>
    /// <exception cref="CryptographicException">A certificate cannot be used; all is as it was.</exception>
    /// <exception cref="IOException">Or not be read.</exception>
    public void Use(IReadOnlyList<ReplicaAddress> addresses)
    {
        lock (_updating)
        {
            var before = _replicas.ToDictionary(r => r.Address);
            // All of them before any is watched: a certificate that cannot be read leaves everything as it was.
            var (now, added) = (new List<Replica>(), new List<Replica>());
            foreach (var address in addresses)
            {
                if (!before.Remove(address, out var replica))
                {
                    replica = new Replica(address, _options.Value.ServiceTls, _metrics);
                    added.Add(replica);
                }
                now.Add(replica);
            }
            _replicas = [.. now];
            // A name without addresses is nobody; whoever is found by it takes its place.
            foreach (var replica in added.Where(r => r.Address.IsKnown))
            {
                _ = Task.Run(() => WatchAsync(replica));
            }
            Renew();
            foreach (var gone in before.Values)
            {
                if (gone.Info.Reachable)
                {
                    Log.Gone(_logger, gone.Role, gone.Info.Address);
                }
                gone.Dispose();
            }
        }
    }

    /// <summary>Works with the triple for a request's vectors (<see cref="DirectoryState.Choose"/>).</summary>
    public async Task<T> WithTripleAsync<T>(IReadOnlyCollection<string> identitySpaces, IReadOnlyCollection<string> poseSpaces, Func<Triple, Task<T>> work)
    {
        Triple Choose() => State.Choose(identitySpaces, poseSpaces);
        var triple = Choose();
        while (true)
        {
            try
            {
                GatewaySpans.Tag(triple);
                return await work(triple);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound && Choose() is var next && next != triple)
            {
                // A version of the triple was unloaded between the choice and the call; operators have moved on, and so does the request as a whole.
                triple = next;
            }
        }
    }

    /// <summary>Calls a service in a version of a triple: one replica after the other that has it, until one can be reached.</summary>
    public Task<T> CallAsync<T>(string role, Triple triple, Func<CallInvoker, Task<T>> call) =>
        CallAsync(role, service => TripleSelector.Has(service, triple), call);

    /// <summary>Calls a service in a version that the caller named, or in its active one if the name is empty.</summary>
    public Task<T> CallAsync<T>(string role, string version, Func<CallInvoker, Task<T>> call) =>
        CallAsync(role, service => service.Reachable && (version.Length == 0 || service.Models.Any(m => m.State == ModelState.Ready && m.Version == version)), call);

    /// <summary>Sets the version of a role on all replicas, one after the other; one that is late or refuses keeps no other from changing.</summary>
    /// <param name="request">Role and version.</param>
    /// <param name="options">Of the call to one of them: each has the time-out for itself, as loading a version takes its time.</param>
    /// <exception cref="RpcException">No replica of the role can be reached, or some are late or refused; the message says which, and where it is set.</exception>
    public async Task SetVersionAsync(SetVersionRequest request, Func<CallOptions> options)
    {
        var set = new List<string>();
        var failed = new List<(RpcException Error, string Words)>();
        foreach (var replica in _replicas.Where(r => Roles.Has(r.Role, request.Role) && r.TryEnter()))
        {
            var started = _time.GetTimestamp();
            try
            {
                Update(replica, await new ModelControl.ModelControlClient(replica.Invoker).SetVersionAsync(request, options()));
                set.Add(replica.Info.Address);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                Log.NotSet(_logger, e, request.Role, replica.Info.Address);
            }
            catch (RpcException e)
            {
                failed.Add((e, $"{request.Role} at {replica.Address}: {(IsLate(e) ? Late(request.Role, started) : e.Status.Detail)}"));
            }
            finally
            {
                replica.Leave();
            }
        }
        if (failed is [var (first, _), ..])
        {
            var done = set.Count == 0 ? "" : $" It is set at {string.Join(", ", set)}.";
            throw new RpcException(new Status(first.StatusCode, string.Join(" ", failed.Select(f => f.Words)) + done), first.Trailers);
        }
        if (set.Count == 0)
        {
            throw Unreachable(request.Role);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var replica in _replicas)
        {
            replica.Dispose();
        }
    }

    private async Task<T> CallAsync<T>(string role, Func<ServiceInfo, bool> usable, Func<CallInvoker, Task<T>> call)
    {
        var replicas = _replicas.Where(r => r.Role == role).ToList();
        var candidates = replicas.Where(r => usable(r.Info)).ToList();
        if (candidates.Count == 0)
        {
            // None says that it has the version: whoever can be reached explains.
            candidates = [.. replicas.Where(r => r.Info.Reachable)];
        }
        while (candidates.Count > 0)
        {
            var replica = TakeOne(candidates);
            if (!replica.TryEnter())
            {
                continue;
            }
            var lost = replica.Lost;
            var started = _time.GetTimestamp();
            try
            {
                // One that stalls is lost after a while; what waits for it then goes on with another.
                return await call(replica.Calls).WaitAsync(lost);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && candidates.Count > 0)
            {
                // The next one, then.
            }
            catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } && lost.IsCancellationRequested)
            {
                // The next one, or none is left.
            }
            catch (RpcException e) when (IsLate(e))
            {
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, Late(role, started)), e.Trailers);
            }
            finally
            {
                replica.Leave();
            }
        }
        throw Unreachable(role);
    }

    // Of two by chance the less busy one. In turn would not do: a rotation's calls come in threes, and so would three replicas get one kind of call each.
    private static Replica TakeOne(List<Replica> candidates)
    {
        var chosen = Random.Shared.Next(candidates.Count);
        if (candidates.Count > 1)
        {
            var other = (chosen + 1 + Random.Shared.Next(candidates.Count - 1)) % candidates.Count;
            chosen = candidates[other].Users < candidates[chosen].Users ? other : chosen;
        }
        var replica = candidates[chosen];
        candidates.RemoveAt(chosen);
        return replica;
    }

    // Said by this side's clock, without a word.
    private static bool IsLate(RpcException failure) => failure is { StatusCode: StatusCode.DeadlineExceeded, Status.Detail: "" };

    private string Late(string role, long started) => FormattableString.Invariant($"The {role} did not answer within {_time.GetElapsedTime(started).TotalSeconds:0.#} s.");

    private RpcException Unreachable(string role) => new(new Status(StatusCode.Unavailable,
        $"No {role} can be reached at {string.Join(", ", _replicas.Where(r => Roles.Has(r.Role, role)).Select(r => r.Info.Address))}."));

    private async Task WatchAsync(Replica replica)
    {
        // A call that lasts for days, or that is tried again every two seconds, is nothing for a trace.
        using var untraced = SuppressInstrumentationScope.Begin();
        var pause = FirstPause;
        while (!replica.Gone.IsCancellationRequested)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(replica.Gone);
            try
            {
                silence.CancelAfter(Silence);
                using var call = new ModelControl.ModelControlClient(replica.Invoker).WatchModels(new WatchModelsRequest(), cancellationToken: silence.Token);
                await foreach (var snapshot in call.ResponseStream.ReadAllAsync(silence.Token))
                {
                    Update(replica, snapshot);
                    silence.CancelAfter(Silence);
                    pause = FirstPause;
                }
                replica.Stop();
                Lose(replica, "it ended the watch");
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                if (!replica.Gone.IsCancellationRequested)
                {
                    if (e is RpcException { StatusCode: StatusCode.Unavailable, Status.DebugException: null })
                    {
                        // Said by the service itself, when it is told to stop; a broken connection comes with an exception.
                        replica.Stop();
                    }
                    Lose(replica, e is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : "it is silent");
                }
            }
            await Task.Delay(pause, _time, replica.Gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
        replica.Leave();
    }

    private void Update(Replica replica, ModelsSnapshot snapshot)
    {
        if (snapshot.Services is not [var info, ..] || info.Role != replica.Role)
        {
            Lose(replica, $"it is a {string.Join(", ", snapshot.Services.Select(s => s.Role))}, and a {replica.Role} is expected there");
            return;
        }
        foreach (var service in snapshot.Services)
        {
            service.Address = replica.Info.Address;
            service.Reachable = true;
        }
        replica.Find();
        Publish(replica, info, snapshot.Services.FirstOrDefault(s => s.Role == Roles.FaceFinder));
    }

    private void Lose(Replica replica, string reason)
    {
        replica.Lose();
        var (last, finder) = (replica.Info, replica.Finder);
        if (last.Reachable)
        {
            Log.Lost(_logger, replica.Role, last.Address, reason);
            Publish(replica, Lost(last), finder is null ? null : Lost(finder));
        }
        else
        {
            Log.StillLost(_logger, replica.Role, last.Address, reason);
        }
    }

    private static ServiceInfo Lost(ServiceInfo last)
    {
        var lost = last.Clone();
        lost.Reachable = false;
        return lost;
    }

    private void Publish(Replica replica, ServiceInfo info, ServiceInfo? finder)
    {
        lock (_updating)
        {
            if (replica.Info.Equals(info) && Equals(replica.Finder, finder))
            {
                return;
            }
            if (info.Reachable && !replica.Info.Reachable)
            {
                Log.Found(_logger, replica.Role, info.Address);
            }
            (replica.Info, replica.Finder) = (info, finder);
            Renew();
        }
    }

    // Under the lock.
    private void Renew()
    {
        var old = _state.Serving;
        var services = _replicas.Select(r => r.Info).ToImmutableArray();
        _state = new DirectoryState(services, [.. _replicas.Select(r => r.Finder)], TripleSelector.Choose(services, old));
        if (_state.Serving != old)
        {
            _metrics.Switched();
        }
        if (_state.Serving is { } serving && serving != old)
        {
            Log.Serving(_logger, serving);
        }
        else if (_state.Serving is null && old is not null)
        {
            Log.NotServing(_logger, _state.ToSnapshot().Note);
        }
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
