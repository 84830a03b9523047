using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using IpGan.Gateway.Proxy;
using IpGan.Gateway.Telemetry;
using IpGan.V1;

namespace IpGan.Gateway.Directory;

/// <summary>One process behind the gateway, and the connection to it, which is closed when the replica is gone and its last user has left.</summary>
internal sealed class Replica : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly CancellationTokenSource _gone = new();
    private volatile CancellationTokenSource _lost = new();
    private volatile bool _stopping;
    private volatile ServiceInfo _info;
    private volatile ServiceInfo? _finder;

    // Whoever watches it is the first user.
    private int _users = 1;

    public Replica(ReplicaAddress address, ServiceTlsOptions? tls, GatewayMetrics metrics)
    {
        Address = address;
        _info = new ServiceInfo { Role = address.Role, Address = address.ToString() };
        var ssl = new SslClientAuthenticationOptions();
        tls?.Apply(ssl);
        var handler = new SocketsHttpHandler
        {
            SslOptions = ssl,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            ConnectCallback = address.Machine is { } machine ? (context, cancel) => ConnectAsync(machine, context.DnsEndPoint.Port, cancel) : null,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        ServiceHttpClients.AddPings(handler);
        // Under the name that the configuration has, which is also the one in its certificate, whatever machine it is.
        _channel = GrpcChannel.ForAddress(address.Configured, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            // Pictures and vectors of our own services: their size is bounded by what was asked.
            MaxReceiveMessageSize = null,
        });
        Invoker = _channel.Intercept(new CallTelemetry(metrics.Calls, address));
        Calls = Invoker.Intercept(new LostCalls(() => Lost));
    }

    public ReplicaAddress Address { get; }

    /// <summary>The role that is expected there.</summary>
    public string Role => Address.Role;

    /// <summary>What it said last: not to be changed.</summary>
    public ServiceInfo Info
    {
        get => _info;
        set => _info = value;
    }

    /// <summary>What it said last of its face finder, if it has one: not to be changed.</summary>
    public ServiceInfo? Finder
    {
        get => _finder;
        set => _finder = value;
    }

    public CallInvoker Invoker { get; }

    /// <summary>As <see cref="Invoker"/>, for what callers wait for: cancelled when the replica is lost.</summary>
    public CallInvoker Calls { get; }

    /// <summary>How busy this gateway keeps it.</summary>
    public int Users => Volatile.Read(ref _users);

    /// <summary>Cancelled when the replica is lost, unless it said before that it stops: whoever waits for it need not wait any longer.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Cancelled when it is none of the replicas any more: no new calls, and those under way end in peace.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>It said that it stops. It first ends the calls that it has; that nobody listens there meanwhile is no reason to give them up.</summary>
    public void Stop() => _stopping = true;

    /// <summary>It cannot be reached any more.</summary>
    public void Lose()
    {
        if (!_stopping)
        {
            _lost.Cancel();
        }
    }

    /// <summary>It can be reached.</summary>
    public void Find()
    {
        _stopping = false;
        if (_lost.IsCancellationRequested)
        {
            // Not disposed: somebody may still hold its token.
            _lost = new CancellationTokenSource();
        }
    }

    /// <summary>It is none of the replicas any more. The connection is closed by whoever leaves last.</summary>
    public void Dispose() => _gone.Cancel();

    /// <summary>Keeps the connection open until <see cref="Leave"/>; false when it is closed already.</summary>
    public bool TryEnter()
    {
        var users = Users;
        while (users > 0)
        {
            var before = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (before == users)
            {
                return true;
            }
            users = before;
        }
        return false;
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _channel.Dispose();
        }
    }

    private static async ValueTask<Stream> ConnectAsync(IPAddress machine, int port, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(machine, port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
