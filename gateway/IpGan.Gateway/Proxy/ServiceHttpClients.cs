using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace IpGan.Gateway.Proxy;

/// <summary>YARP's connections to the services, with the certificates that <see cref="ServiceTlsOptions"/> names.</summary>
internal sealed class ServiceHttpClients(IOptions<GatewayOptions> options, ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        options.Value.ServiceTls?.Apply(handler.SslOptions);
        AddPings(handler);
    }

    /// <summary>A service that stalls, or vanished without closing its connection, is noticed, and the calls that wait for it fail.</summary>
    public static void AddPings(SocketsHttpHandler handler)
    {
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
    }
}
