using System.Net;

namespace IpGan.Gateway.Directory;

/// <summary>Where one replica is.</summary>
/// <param name="Role">The role that is expected there.</param>
/// <param name="Configured">The address that the configuration has: http://generator:8081.</param>
/// <param name="Machine">Which of the host name's addresses is meant; null: it has none yet, or the configured address stands for one process.</param>
internal sealed record ReplicaAddress(string Role, Uri Configured, IPAddress? Machine)
{
    /// <summary>With the machine in place of the host name: http://10.0.0.3:8081.</summary>
    public Uri Uri { get; } = Machine is null ? Configured : new UriBuilder(Configured) { Host = Machine.ToString() }.Uri;

    /// <summary>False for a host name whose addresses are not known yet; those of this machine, and numbers, need no look.</summary>
    public bool IsKnown => Machine is not null || Configured.HostNameType != UriHostNameType.Dns || Configured.IsLoopback;

    /// <summary>As operators are told.</summary>
    public override string ToString() => Uri.ToString().TrimEnd('/');
}
