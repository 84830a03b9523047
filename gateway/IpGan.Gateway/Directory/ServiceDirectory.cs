using System.Collections.Immutable;
using Grpc.Core;
using IpGan.V1;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Directory;

/// <summary>Watches the models of every service, says which triple is in use, and finds a replica for a call.</summary>
internal sealed partial class ServiceDirectory : BackgroundService
{
    // A service sends a heartbeat every ten seconds.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly ImmutableArray<Replica> _replicas;
    private readonly TimeProvider _time;
    private readonly ILogger<ServiceDirectory> _logger;
    private readonly Lock _updating = new();
    private volatile DirectoryState _state;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _turn;

    public ServiceDirectory(IOptions<GatewayOptions> options, TimeProvider time, ILogger<ServiceDirectory> logger)
    {
        (_time, _logger) = (time, logger);
        _replicas = [.. options.Value.Addresses.Select(a => new Replica(a.Role, a.Address))];
        _state = new DirectoryState([.. _replicas.Select(r => new ServiceInfo { Role = r.Role, Address = Text(r.Address) })], null);
    }

    /// <summary>What is known now.</summary>
    public DirectoryState State => _state;

    /// <summary>Completes at the next change; take it before reading <see cref="State"/>.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Calls a service in a version of a triple: one replica after the other that has it, until one can be reached.</summary>
    public Task<T> CallAsync<T>(string role, Triple triple, Func<CallInvoker, Task<T>> call) =>
        CallAsync(role, service => TripleSelector.Has(service, triple), call);

    /// <summary>Calls a service in a version that the caller named, or in its active one if the name is empty.</summary>
    public Task<T> CallAsync<T>(string role, string version, Func<CallInvoker, Task<T>> call) =>
        CallAsync(role, service => service.Reachable && (version.Length == 0 || service.Models.Any(m => m.State == ModelState.Ready && m.Version == version)), call);

    /// <summary>Sets the version of a role on all replicas.</summary>
    /// <exception cref="RpcException">No replica of the role can be reached, or one refused; the message says which.</exception>
    public async Task SetVersionAsync(SetVersionRequest request, CallOptions options)
    {
        var any = false;
        foreach (var replica in _replicas.Where(r => r.Role == request.Role))
        {
            try
            {
                Update(replica, await new ModelControl.ModelControlClient(replica.Invoker).SetVersionAsync(request, options));
                any = true;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                // One that is down must not keep the others from changing.
                Log.NotSet(_logger, e, request.Role, Text(replica.Address));
            }
            catch (RpcException e)
            {
                throw new RpcException(new Status(e.StatusCode, $"{request.Role} at {Text(replica.Address)}: {e.Status.Detail}"), e.Trailers);
            }
        }
        if (!any)
        {
            throw Unreachable(request.Role);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        foreach (var replica in _replicas)
        {
            replica.Dispose();
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_replicas.Select(r => WatchAsync(r, stoppingToken)));

    private async Task<T> CallAsync<T>(string role, Func<ServiceInfo, bool> usable, Func<CallInvoker, Task<T>> call)
    {
        var services = _state.Services;
        var candidates = _replicas.Where((r, i) => r.Role == role && usable(services[i])).ToList();
        if (candidates.Count == 0)
        {
            // None says that it has the version: whoever can be reached explains.
            candidates = [.. _replicas.Where((r, i) => r.Role == role && services[i].Reachable)];
        }
        var first = Interlocked.Increment(ref _turn);
        for (var i = 0; i < candidates.Count; i++)
        {
            try
            {
                return await call(candidates[(int)((first + i) % candidates.Count)].Invoker);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && i + 1 < candidates.Count)
            {
                // The next one, then.
            }
        }
        throw Unreachable(role);
    }

    private RpcException Unreachable(string role) => new(new Status(StatusCode.Unavailable,
        $"No {role} can be reached at {string.Join(", ", _replicas.Where(r => r.Role == role).Select(r => Text(r.Address)))}."));

    private async Task WatchAsync(Replica replica, CancellationToken stopping)
    {
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(stopping);
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
                Lose(replica, "it ended the watch");
            }
            catch (Exception e) when (!stopping.IsCancellationRequested && e is RpcException or OperationCanceledException)
            {
                Lose(replica, e is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : "it is silent");
            }
            catch (Exception e) when (stopping.IsCancellationRequested && e is RpcException or OperationCanceledException)
            {
                return;
            }
            await Task.Delay(pause, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private void Update(Replica replica, ModelsSnapshot snapshot)
    {
        if (snapshot.Services is not [var info] || info.Role != replica.Role)
        {
            Lose(replica, $"it is a {string.Join(", ", snapshot.Services.Select(s => s.Role))}, and a {replica.Role} is expected there");
            return;
        }
        info.Address = Text(replica.Address);
        info.Reachable = true;
        Publish(replica, info);
    }

    private void Lose(Replica replica, string reason)
    {
        var last = _state.Services[_replicas.IndexOf(replica)];
        if (last.Reachable)
        {
            Log.Lost(_logger, replica.Role, Text(replica.Address), reason);
            var lost = last.Clone();
            lost.Reachable = false;
            Publish(replica, lost);
        }
        else
        {
            Log.StillLost(_logger, replica.Role, Text(replica.Address), reason);
        }
    }

    private void Publish(Replica replica, ServiceInfo info)
    {
        lock (_updating)
        {
            var index = _replicas.IndexOf(replica);
            var old = _state;
            if (old.Services[index].Equals(info))
            {
                return;
            }
            if (info.Reachable && !old.Services[index].Reachable)
            {
                Log.Found(_logger, replica.Role, Text(replica.Address));
            }
            var services = old.Services.SetItem(index, info);
            _state = new DirectoryState(services, TripleSelector.Choose(services, old.Serving));
            if (_state.Serving != old.Serving)
            {
                if (_state.Serving is { } serving)
                {
                    Log.Serving(_logger, serving);
                }
                else
                {
                    Log.NotServing(_logger, _state.ToSnapshot().Note);
                }
            }
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    private static string Text(Uri address) => address.ToString().TrimEnd('/');
}
