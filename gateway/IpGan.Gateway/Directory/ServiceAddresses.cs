using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using IpGan.Gateway.Proxy;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace IpGan.Gateway.Directory;

/// <summary>All addresses of a host name; throws <see cref="SocketException"/> when there are none.</summary>
internal delegate Task<IPAddress[]> HostLookup(string host, CancellationToken cancel);

/// <summary>
/// Keeps the replicas in step with DNS: a host name stands for as many of them as it has addresses (a headless service of Kubernetes, a scaled service of
/// Compose), and they come and go. An address by number, or on this machine, is one replica for good.
/// </summary>
internal sealed partial class ServiceAddresses(
    IOptions<GatewayOptions> options, HostLookup lookup, ServiceDirectory directory, InMemoryConfigProvider proxy, TimeProvider time, ILogger<ServiceAddresses> logger) : BackgroundService
{
    // A new replica waits so long for its first call, and one that is being ended may be called for so long.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Until every name has been found once.
    private static readonly TimeSpan IntervalAtFirst = TimeSpan.FromMilliseconds(500);

    // What names had the last time that there was an answer: a name server that is down takes no replica away.
    private readonly Dictionary<string, IPAddress[]> _known = [];
    private List<ReplicaAddress> _used = [.. options.Value.Addresses];
    private string _complaint = "";

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request: who is expected, though not yet where. The proxy knows so much by itself.
        directory.Use(_used);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var names = options.Value.Addresses.Where(a => !a.IsKnown).Select(a => a.Configured.DnsSafeHost).Distinct().ToList();
        if (names.Count == 0)
        {
            return;
        }
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            var found = await Task.WhenAll(names.Select(name => LookUpAsync(name, stoppingToken)));
            foreach (var (name, machines) in names.Zip(found).Where(f => f.Second.Length > 0))
            {
                _known[name] = machines;
            }
            Use();
            timer.Period = _known.Count < names.Count ? IntervalAtFirst : Interval;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Use()
    {
        var now = options.Value.Addresses
            .SelectMany(a => _known.TryGetValue(a.Configured.DnsSafeHost, out var machines) ? machines.Select(machine => new ReplicaAddress(a.Role, a.Configured, machine)) : [a])
            .DistinctBy(a => (a.Role, a.Uri)).ToList();
        if (now.SequenceEqual(_used))
        {
            return;
        }
        try
        {
            directory.Use(now);
            proxy.Update(ProxyRoutes.Routes, ProxyRoutes.Clusters(now));
            (_used, _complaint) = (now, "");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // Certificates are replaced while processes run: the next look may go better. Said once, not at every look.
            if (e.Message != _complaint)
            {
                Log.NotUsed(logger, e.Message);
            }
            _complaint = e.Message;
        }
    }

    private async Task<IPAddress[]> LookUpAsync(string name, CancellationToken cancel)
    {
        try
        {
            var all = await lookup(name, cancel);
            // A machine with addresses of both kinds is one replica. In the same order every time, which name servers do not keep.
            var first = all.Where(a => a.AddressFamily == AddressFamily.InterNetwork).ToArray();
            return [.. (first.Length > 0 ? first : all).OrderBy(a => a.ToString(), StringComparer.Ordinal)];
        }
        catch (SocketException e)
        {
            Log.NoAnswer(logger, name, e.Message);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(57, LogLevel.Debug, "{Name} has no addresses now: {Reason}")]
        public static partial void NoAnswer(ILogger logger, string name, string reason);

        [LoggerMessage(58, LogLevel.Error, "Replicas that have come cannot be used yet, as the files of Gateway:ServiceTls cannot be read: {Reason}")]
        public static partial void NotUsed(ILogger logger, string reason);
    }
}
