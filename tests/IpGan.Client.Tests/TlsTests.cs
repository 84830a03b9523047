using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IpGan.Client.Tests;

/// <summary>Gateways behind https.</summary>
public sealed partial class TlsTests
{
    private static readonly X509Certificate2 Certificate = Create();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes this process trust the certificate, as an operator would; it is read once, so before everything else.</summary>
    [ModuleInitializer]
    internal static void Trust()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "trusted.pem");
        File.WriteAllText(file, Certificate.ExportCertificatePem());
        // What Environment sets, OpenSSL does not see.
        Assert.Equal(0, SetEnvironment("SSL_CERT_FILE", file, 1));
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static IpGanClient Client(params Uri[] addresses) => new(new IpGanClientOptions { Addresses = addresses, Attempts = 2 });

    private static Uri At(string host, ScriptedGateway gateway) => new($"https://{host}:{gateway.Address.Port}");

    private static Task<Rotation> RotateAsync(IpGanClient client) => client.RotateAsync(new RotationRequest(Person.New(1), [Pose.At(0)]), cancel: Cancel);

    [Fact]
    public async Task Gateways_are_trusted_by_their_certificates()
    {
        await using var one = await ScriptedGateway.StartAsync(Certificate);
        await using var other = await ScriptedGateway.StartAsync(Certificate);
        using var client = Client(At("localhost", one), At("localhost", other));
        while (one.Seen.IsEmpty || other.Seen.IsEmpty)
        {
            await RotateAsync(client);
        }
    }

    [Fact]
    public async Task A_gateway_whose_certificate_is_for_another_name_is_not()
    {
        await using var gateway = await ScriptedGateway.StartAsync(Certificate);
        using var client = Client(At(IPAddress.Loopback.ToString(), gateway));
        var e = await Assert.ThrowsAsync<IpGanException>(() => RotateAsync(client));
        Assert.Contains("RemoteCertificateNameMismatch", e.Message, StringComparison.Ordinal);
        Assert.Empty(gateway.Seen);
    }
}
