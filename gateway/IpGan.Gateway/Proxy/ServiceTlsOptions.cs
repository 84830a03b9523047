using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IpGan.Gateway.Proxy;

/// <summary>
/// Section <c>Gateway:ServiceTls</c>: TLS to the services, mutual if a certificate is given. All files are PEM. A renewed certificate is shown on new connections;
/// other authorities need a new start.
/// </summary>
public sealed record ServiceTlsOptions
{
    /// <summary>Certificates of the authorities that services' certificates must come from, instead of the system's.</summary>
    public string? Authorities { get; init; }

    /// <summary>The gateway's own certificate, which it shows to services.</summary>
    public string? Certificate { get; init; }

    /// <summary>The certificate's private key.</summary>
    public string? Key { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (Certificate is null != Key is null)
        {
            yield return "ServiceTls needs both Certificate and Key, or neither.";
        }
        foreach (var (name, file) in new[] { (nameof(Authorities), Authorities), (nameof(Certificate), Certificate), (nameof(Key), Key) })
        {
            if (file is not null && !File.Exists(file))
            {
                yield return $"ServiceTls:{name} is '{file}'; there is no such file.";
            }
        }
    }

    /// <summary>What a connection to a service is made with.</summary>
    /// <exception cref="CryptographicException">A file holds no certificate, or no key that fits it.</exception>
    public void Apply(SslClientAuthenticationOptions ssl)
    {
        if (Authorities is not null)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPemFile(Authorities);
            ssl.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            ssl.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        }
        if (Certificate is not null)
        {
            var last = X509Certificate2.CreateFromPemFile(Certificate, Key);
            // Read for every connection, of which there are few: certificates are renewed while the process runs.
            ssl.LocalCertificateSelectionCallback = (_, _, _, _, _) =>
            {
                try
                {
                    return last = X509Certificate2.CreateFromPemFile(Certificate, Key);
                }
                catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
                {
                    // Half of it has been replaced; what was good before may be so still.
                    return last;
                }
            };
        }
    }
}
