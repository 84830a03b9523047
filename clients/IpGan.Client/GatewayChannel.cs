using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IpGan.Client;

/// <summary>One channel to all gateways: in turn, those that can be reached; single calls are tried again, elsewhere if need be.</summary>
internal static class GatewayChannel
{
    // A photo above the library's 1 MiB would never be tried again.
    private const int RetryBufferPerCall = 64 << 20;
    private const int RetryBufferOfAll = 512 << 20;

    /// <summary>Opens it; nothing is connected before the first call.</summary>
    public static GrpcChannel Open(IpGanClientOptions options, ILoggerFactory? log)
    {
        var addresses = options.Addresses.Select(a => new BalancerAddress(a.IdnHost, a.Port)).ToArray();
        var services = new ServiceCollection().AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => addresses)).BuildServiceProvider();
        // A name that nothing looks up: each call goes to one of the addresses, whose certificate is checked by its own name.
        return GrpcChannel.ForAddress("static:///gateways", new GrpcChannelOptions
        {
            Credentials = options.Addresses[0].Scheme == Uri.UriSchemeHttps ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure,
            // A token goes where the key does; that http protects neither is for who gives the address to know.
            UnsafeUseInsecureChannelCallCredentials = true,
            ServiceProvider = services,
            LoggerFactory = log,
            ServiceConfig = Policy(options.Attempts),
            MaxRetryAttempts = options.Attempts,
            MaxRetryBufferPerCallSize = RetryBufferPerCall,
            MaxRetryBufferSize = RetryBufferOfAll,
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                // A gateway that stalls without closing its connection is found out, even by a stream that waits.
                KeepAlivePingDelay = TimeSpan.FromSeconds(15),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
                ConnectTimeout = TimeSpan.FromSeconds(5),
            },
        });
    }

    // A gateway that says when to come back (grpc-retry-pushback-ms) is obeyed by the library.
    private static ServiceConfig Policy(int attempts)
    {
        var config = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };
        if (attempts > 1)
        {
            config.MethodConfigs.Add(new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = attempts,
                    InitialBackoff = TimeSpan.FromMilliseconds(250),
                    MaxBackoff = TimeSpan.FromSeconds(5),
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable, StatusCode.ResourceExhausted },
                },
            });
        }
        // Streams see to themselves: BulkCall sends again what was not answered.
        config.MethodConfigs.Add(new MethodConfig
        {
            Names =
            {
                Name(V1.FaceRotation.Descriptor, "RotateStream"), Name(V1.IdentityEncoder.Descriptor, "EmbedStream"), Name(V1.ModelControl.Descriptor, "WatchModels"),
            },
        });
        return config;
    }

    private static MethodName Name(Google.Protobuf.Reflection.ServiceDescriptor service, string method) =>
        new() { Service = service.FullName, Method = service.FindMethodByName(method).Name };
}
