using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace IpGan.Serving.Rpc;

/// <summary>Mutual TLS: on https endpoints, only who shows a certificate of our authorities gets in.</summary>
internal static class ClientCertificates
{
    /// <param name="kestrel">The server, whose endpoints have certificates by its own configuration.</param>
    /// <param name="authorities">A file with the authorities' certificates, PEM.</param>
    public static void RequireClientCertificates(this KestrelServerOptions kestrel, string authorities)
    {
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPemFile(authorities);
        kestrel.ConfigureHttpsDefaults(https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) =>
            {
                using var chain = new X509Chain();
                chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                return chain.Build(certificate);
            };
        });
    }
}
