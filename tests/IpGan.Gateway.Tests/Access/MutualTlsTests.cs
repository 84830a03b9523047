using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Access;

/// <summary>Services that only take callers of an authority, a gateway that is one, and a front with a certificate.</summary>
public sealed class MutualTlsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_with_a_certificate_composes_over_mutual_tls_and_one_without_reaches_nobody()
    {
        using var root = new TemporaryFolder();
        using var authority = new Authority(root.Path);
        var models = Path.Combine(root.Path, "models");
        TinyPackages.PublishSet(models, TinyCluster.SpaceId, seed: 1);
        var (certificate, key) = authority.Issue("service");

        async Task<HostProcess> ServiceAsync(string project) => await HostProcess.StartAsync(project, new Dictionary<string, string>
        {
            ["Models:Repository"] = models,
            ["Models:ClientAuthorities"] = authority.File,
            ["Kestrel:Endpoints:Grpc:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:Grpc:Certificate:Path"] = certificate,
            ["Kestrel:Endpoints:Grpc:Certificate:KeyPath"] = key,
        }, cancel: Cancel);
        await using var identity = await ServiceAsync("IpGan.IdentityEncoder");
        await using var pose = await ServiceAsync("IpGan.PoseEncoder");
        await using var generator = await ServiceAsync("IpGan.Generator");
        var addresses = new Dictionary<string, string>
        {
            ["Gateway:IdentityEncoders:0"] = identity.GrpcAddress,
            ["Gateway:PoseEncoders:0"] = pose.GrpcAddress,
            ["Gateway:Generators:0"] = generator.GrpcAddress,
            ["Gateway:ServiceTls:Authorities"] = authority.File,
        };

        var (own, ownKey) = authority.Issue("gateway");
        var trusted = new Dictionary<string, string>(addresses) { ["Gateway:ServiceTls:Certificate"] = own, ["Gateway:ServiceTls:Key"] = ownKey };
        await using var gateway = await HostProcess.StartAsync("IpGan.Gateway", trusted, cancel: Cancel);
        var rotated = await new FaceRotation.FaceRotationClient(gateway.Channel).RotateAsync(new RotateRequest
        {
            Source = new RotationSource { NewPerson = new NewPerson() },
            Targets = { new RotationTarget { Preset = PosePreset.Frontal } },
        }, cancellationToken: Cancel);
        Assert.Single(rotated.Images);
        // YARP's own connections, too.
        var sampled = await new IpGan.V1.Generator.GeneratorClient(gateway.Channel).SampleIdentityAsync(new SampleIdentityRequest(), cancellationToken: Cancel);
        Assert.Single(sampled.Identities);

        await using var stranger = await HostProcess.StartAsync(
            "IpGan.Gateway", addresses.Append(new("Logging:LogLevel:IpGan", "Debug")), waitForReady: false, cancel: Cancel);
        await stranger.WaitForLogAsync($"The generator at {generator.GrpcAddress.TrimEnd('/')}", Cancel);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"{stranger.HttpAddress}/readyz"), Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task A_service_whose_callers_could_not_be_asked_does_not_start()
    {
        using var root = new TemporaryFolder();
        using var authority = new Authority(root.Path);
        var (exit, log) = await HostProcess.RunToEndAsync("IpGan.Generator", new Dictionary<string, string>
        {
            ["Models:Repository"] = root.Path,
            ["Models:ClientAuthorities"] = authority.File,
        }, Cancel);
        Assert.NotEqual(0, exit);
        Assert.Contains("Kestrel:Endpoints:Grpc:Url is not https", log, StringComparison.Ordinal);
    }

    /// <summary>Somebody who signs certificates.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly string _folder;
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly X509Certificate2 _certificate;

        public Authority(string folder)
        {
            _folder = folder;
            var request = new CertificateRequest("CN=authority", _key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
            File = Path.Combine(folder, "authority.pem");
            System.IO.File.WriteAllText(File, _certificate.ExportCertificatePem());
        }

        public string File { get; }

        public (string Certificate, string Key) Issue(string name)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(_certificate, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(50), RandomNumberGenerator.GetBytes(8));
            var (file, keyFile) = (Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"));
            System.IO.File.WriteAllText(file, certificate.ExportCertificatePem());
            System.IO.File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
            return (file, keyFile);
        }

        public void Dispose()
        {
            _certificate.Dispose();
            _key.Dispose();
        }
    }
}
