using System.ComponentModel.DataAnnotations;
using IpGan.Gateway.Access;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Proxy;

namespace IpGan.Gateway;

/// <summary>Configuration section <c>Gateway</c>.</summary>
public sealed record GatewayOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Gateway";

    /// <summary>
    /// gRPC addresses of the identity encoders: http://identity-encoder:8081. One for each replica, or a host name that has the addresses of several in DNS:
    /// it is looked up every few seconds, and replicas may come and go.
    /// </summary>
    public IReadOnlyList<Uri> IdentityEncoders { get; init; } = [];

    /// <summary>gRPC addresses of the pose encoders, in the same way.</summary>
    public IReadOnlyList<Uri> PoseEncoders { get; init; } = [];

    /// <summary>gRPC addresses of the generators, in the same way.</summary>
    public IReadOnlyList<Uri> Generators { get; init; } = [];

    /// <summary>Largest request that is taken, in bytes: 64 KiB to 1 GiB. A rotation may carry many photos.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxRequestBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Bytes of requests that are in memory at once, of all callers together: <see cref="MaxRequestBytes"/> or more. What goes beyond is refused, and told when to
    /// come back. Streams, answers, and calls that are passed on to a service, do not count. Taken apart, a request may need several times its bytes.
    /// </summary>
    public long MaxBytesInFlight { get; init; } = 256 * 1024 * 1024;

    /// <summary>Longest time that a service may take for its part of a rotation or of a REST call, or a replica to change its version: 100 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Who may call, and how much.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>How services are trusted and told who calls; all must have https addresses then. Null: as the system trusts, and without a certificate.</summary>
    public ServiceTlsOptions? ServiceTls { get; init; }

    /// <summary>All addresses with the role that is expected there.</summary>
    internal IEnumerable<ReplicaAddress> Addresses =>
    [
        .. IdentityEncoders.Select(a => new ReplicaAddress(Roles.IdentityEncoder, a, null)),
        .. PoseEncoders.Select(a => new ReplicaAddress(Roles.PoseEncoder, a, null)),
        .. Generators.Select(a => new ReplicaAddress(Roles.Generator, a, null)),
    ];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, addresses) in new[]
        {
            (nameof(IdentityEncoders), IdentityEncoders), (nameof(PoseEncoders), PoseEncoders), (nameof(Generators), Generators),
        })
        {
            if (addresses.Count == 0)
            {
                yield return new ValidationResult(
                    $"{Section}:{name} is empty; give the gRPC address of at least one, for example {Section}__{name}__0=http://localhost:8081.", [name]);
            }
            foreach (var address in addresses.Where(a => !a.IsAbsoluteUri || a.Scheme is not ("http" or "https")))
            {
                yield return new ValidationResult($"{Section}:{name} has '{address}'; an address is like http://localhost:8081 or https://host:port.", [name]);
            }
            foreach (var address in addresses.Where(a => ServiceTls is not null && a.IsAbsoluteUri && a.Scheme == "http"))
            {
                yield return new ValidationResult(
                    $"{Section}:{name} has '{address}', and {nameof(ServiceTls)} is set: all would go in the clear. Give an https address, or take {nameof(ServiceTls)} out.", [name]);
            }
        }
        if (MaxBytesInFlight < MaxRequestBytes)
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(MaxBytesInFlight)} is {MaxBytesInFlight}; it must be at least {nameof(MaxRequestBytes)}, which is {MaxRequestBytes}.", [nameof(MaxBytesInFlight)]);
        }
        foreach (var problem in Access.Problems().Concat(ServiceTls?.Problems() ?? []))
        {
            yield return new ValidationResult($"{Section}:{problem}");
        }
        var twice = Addresses.GroupBy(a => a).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            yield return new ValidationResult($"{Section} names {twice.Key.Configured} twice as {twice.Key.Role}.");
        }
    }
}
