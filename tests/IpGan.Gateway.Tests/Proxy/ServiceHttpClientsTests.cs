using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IpGan.Gateway.Proxy;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace IpGan.Gateway.Tests.Proxy;

/// <summary>How YARP's connections to services are made.</summary>
public sealed class ServiceHttpClientsTests
{
    [Fact]
    public void A_service_that_stalls_is_noticed()
    {
        using var handler = Handler(new GatewayOptions());
        Assert.Equal((TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)), (handler.KeepAlivePingDelay, handler.KeepAlivePingTimeout));
        Assert.Equal(HttpKeepAlivePingPolicy.Always, handler.KeepAlivePingPolicy);
    }

    [Fact]
    public void A_renewed_certificate_is_shown_on_new_connections_and_the_last_good_one_while_half_of_it_is_there()
    {
        using var folder = new TemporaryFolder();
        var tls = new ServiceTlsOptions { Certificate = Path.Combine(folder.Path, "own.crt"), Key = Path.Combine(folder.Path, "own.key") };
        void Issue(string name)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
            File.WriteAllText(tls.Certificate, certificate.ExportCertificatePem());
            File.WriteAllText(tls.Key, key.ExportPkcs8PrivateKeyPem());
        }
        Issue("first");
        using var handler = Handler(new GatewayOptions { ServiceTls = tls });
        string Shown() => handler.SslOptions.LocalCertificateSelectionCallback!(this, "", [], null, [])!.Subject;
        Assert.Equal("CN=first", Shown());

        Issue("second");
        Assert.Equal("CN=second", Shown());
        File.WriteAllText(tls.Key, "");
        Assert.Equal("CN=second", Shown());
    }

    private static SocketsHttpHandler Handler(GatewayOptions options)
    {
        var handler = new SocketsHttpHandler();
        Configure(
            new ServiceHttpClients(Options.Create(options), new KeptLog<ForwarderHttpClientFactory>()), new ForwarderHttpClientContext { NewConfig = HttpClientConfig.Empty }, handler);
        return handler;
    }

    // What YARP calls.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ConfigureHandler")]
    private static extern void Configure(ServiceHttpClients clients, ForwarderHttpClientContext context, SocketsHttpHandler handler);
}
