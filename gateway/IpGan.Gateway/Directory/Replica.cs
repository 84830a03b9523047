using Grpc.Core;
using Grpc.Net.Client;

namespace IpGan.Gateway.Directory;

/// <summary>One process behind the gateway, and the connection to it.</summary>
internal sealed class Replica : IDisposable
{
    private readonly GrpcChannel _channel;

    public Replica(string role, Uri address)
    {
        (Role, Address) = (role, address);
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                // A peer that vanished without closing its connection is noticed.
                KeepAlivePingDelay = TimeSpan.FromSeconds(20),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            },
            DisposeHttpClient = true,
            // Pictures and vectors of our own services: their size is bounded by what was asked.
            MaxReceiveMessageSize = null,
        });
        Invoker = _channel.CreateCallInvoker();
    }

    /// <summary>The role that is expected there.</summary>
    public string Role { get; }

    public Uri Address { get; }

    public CallInvoker Invoker { get; }

    public void Dispose() => _channel.Dispose();
}
