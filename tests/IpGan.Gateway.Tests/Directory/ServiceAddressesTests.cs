using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Telemetry;
using IpGan.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Configuration;

namespace IpGan.Gateway.Tests.Directory;

/// <summary>A host name that stands for several replicas, real ones, which come and go.</summary>
public sealed class ServiceAddressesTests : IAsyncLifetime
{
    private const string Name = "encoders.test";

    private readonly TemporaryFolder _repository = new();
    private readonly List<HostProcess> _hosts = [];
    private readonly FakeTimeProvider _time = new();
    private readonly KeptLog<ServiceDirectory> _log = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
    private ServiceDirectory? _directory;
    private ServiceAddresses? _addresses;
    private InMemoryConfigProvider? _proxy;
    private int _port;
    private volatile IPAddress[] _found = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IPAddress Machine(int number) => IPAddress.Parse($"127.0.0.{number}");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere this machine has no address 127.0.0.2.");
        TinyPackages.PublishSet(_repository.Path, TinyCluster.SpaceId, seed: 1);
        foreach (var number in new[] { 2, 3, 4 })
        {
            _hosts.Add(await HostProcess.StartAsync("IpGan.IdentityEncoder", new Dictionary<string, string>
            {
                ["Models:Repository"] = _repository.Path,
                ["Kestrel:Endpoints:Grpc:Url"] = $"http://{Machine(number)}:{_port}",
            }, cancel: Cancel));
            _port = new Uri(_hosts[0].GrpcAddress).Port;
        }
        var options = Options.Create(new GatewayOptions { IdentityEncoders = [new Uri($"http://{Name}:{_port}")] });
        _proxy = new InMemoryConfigProvider([], []);
        _directory = new ServiceDirectory(options, _time, _services.GetRequiredService<GatewayMetrics>(), _log);
        _addresses = new ServiceAddresses(options, LookUpAsync, _directory, _proxy, _time, NullLogger<ServiceAddresses>.Instance);
        await _addresses.StartAsync(Cancel);
        // A name that has no addresses yet is there, and nobody.
        await UntilLookedUpAgainAsync();
        Assert.Equal([($"http://{Name}:{_port}", false)], _directory.State.Services.Select(s => (s.Address, s.Reachable)));
        _found = [Machine(3), Machine(2), IPAddress.IPv6Loopback];
    }

    public async ValueTask DisposeAsync()
    {
        if (_addresses is not null)
        {
            await _addresses.StopAsync(Cancel);
            _addresses.Dispose();
        }
        _directory?.Dispose();
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
        _services.Dispose();
        _repository.Dispose();
    }

    [Fact]
    public async Task Replicas_are_those_that_the_name_has_now()
    {
        await UntilReachableAsync(2, 3);
        Assert.Equal([(At(2), $"{Name}:{_port}"), (At(3), $"{Name}:{_port}")],
            _proxy!.GetConfig().Clusters.Single().Destinations!.Values.Select(d => (d.Address, d.Host!)).OrderBy(d => d.Item1));
        _found = [Machine(4), Machine(3)];
        await UntilReachableAsync(3, 4);
        // No answer is not the answer that there are none.
        _found = [];
        await UntilLookedUpAgainAsync();
        Assert.Equal([At(3), At(4)], _directory!.State.Services.Where(s => s.Reachable).Select(s => s.Address));
        Assert.Equal([At(3), At(4)], _proxy.GetConfig().Clusters.Single().Destinations!.Keys.Order());
    }

    [Fact]
    public async Task A_replica_that_goes_gets_no_new_calls_and_ends_those_that_it_has()
    {
        await UntilReachableAsync(2, 3);
        var begun = new ConcurrentQueue<CallInvoker>();
        var end = new TaskCompletionSource();
        async Task<string> SlowAsync(CallInvoker replica)
        {
            begun.Enqueue(replica);
            await end.Task;
            var models = await new ModelControl.ModelControlClient(replica).ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel);
            return models.Services.Single().Role;
        }
        // With two of them, the second call goes to the one that has none.
        Task<string>[] slow = [CallAsync(SlowAsync), CallAsync(SlowAsync)];
        Assert.Equal(2, begun.Distinct().Count());

        _found = [Machine(4)];
        await UntilReachableAsync(4);
        Assert.DoesNotContain(await CallAsync(Task.FromResult), begun);
        end.SetResult();
        Assert.Equal([Roles.IdentityEncoder, Roles.IdentityEncoder], await Task.WhenAll(slow));
    }

    [Fact]
    public async Task A_replica_that_stops_in_good_order_ends_the_calls_that_it_has()
    {
        _found = [Machine(2)];
        await UntilReachableAsync(2);
        var end = new TaskCompletionSource<int>();
        var slow = CallAsync(_ => end.Task);

        _hosts[0].SendTerminate();
        Assert.Equal(0, await _hosts[0].WaitForExitAsync(Cancel));
        // Nobody listens there any more, and the gateway has seen that.
        await UntilAsync(() => _log.Lines.Any(line => line.Contains("cannot be reached", StringComparison.Ordinal)));
        Assert.False(_directory!.State.Services.Single().Reachable);
        end.SetResult(7);
        Assert.Equal(7, await slow);
    }

    [Fact]
    public async Task A_call_to_a_replica_that_falls_silent_is_given_up_and_cancelled()
    {
        _found = [Machine(2)];
        await UntilReachableAsync(2);
        Task<ModelsSnapshot>? asked = null;
        _hosts[0].Stall();
        try
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(replica =>
                asked = new ModelControl.ModelControlClient(replica).ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel).ResponseAsync));
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        }
        finally
        {
            _hosts[0].Resume();
        }
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => asked!)).StatusCode);
    }

    [Fact]
    public async Task Calls_go_to_the_less_busy_replica_and_to_all_that_are_idle()
    {
        await UntilReachableAsync(2, 3);
        var end = new TaskCompletionSource();
        CallInvoker? busy = null;
        var slow = CallAsync(async replica =>
        {
            busy = replica;
            await end.Task;
            return 0;
        });
        for (var i = 0; i < 20; i++)
        {
            Assert.NotSame(busy, await CallAsync(Task.FromResult));
        }
        end.SetResult();
        await slow;
        // Chance would have to leave one out 100 times.
        var used = new HashSet<CallInvoker>();
        for (var i = 0; i < 100; i++)
        {
            used.Add(await CallAsync(Task.FromResult));
        }
        Assert.Equal(2, used.Count);
    }

    private string At(int number) => $"http://{Machine(number)}:{_port}";

    private Task<T> CallAsync<T>(Func<CallInvoker, Task<T>> call) => _directory!.CallAsync(Roles.IdentityEncoder, "", call);

    private int _lookups;

    private Task<IPAddress[]> LookUpAsync(string host, CancellationToken cancel)
    {
        Assert.Equal(Name, host);
        Interlocked.Increment(ref _lookups);
        return _found is { Length: > 0 } found ? Task.FromResult(found) : throw new SocketException((int)SocketError.HostNotFound);
    }

    private Task UntilReachableAsync(params int[] numbers) => UntilAsync(() =>
        _directory!.State.Services.Where(s => s.Reachable).Select(s => s.Address).SequenceEqual(numbers.Select(At)) && _directory.State.Services.Length == numbers.Length);

    private async Task UntilLookedUpAgainAsync()
    {
        // The second one begins when the first has been dealt with.
        var before = Volatile.Read(ref _lookups);
        await UntilAsync(() => Volatile.Read(ref _lookups) >= before + 2);
    }

    private async Task UntilAsync(Func<bool> condition) => await _hosts[^1].PollAsync("be known", () =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return Task.FromResult(condition());
    }, Cancel);
}
