using System.Net;
using IpGan.Gateway.Directory;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace IpGan.Gateway.Proxy;

/// <summary>YARP's configuration: each service's gRPC API, on the gateway's address, balanced over its replicas.</summary>
internal static class ProxyRoutes
{
    // Before the gateway's own endpoints, which serve REST under other paths but are mapped under the gRPC ones, too.
    private const int BeforeOwnEndpoints = -1;

    // A stream may be quiet for long: peers that are gone are noticed by the transport.
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromHours(1);

    // gRPC-Web is taken apart by the gateway; it goes to the endpoints that serve REST, too. Browsers cannot stream requests, which those do not take.
    private static readonly RouteHeader NotFromBrowser =
        new() { Name = "content-type", Values = ["application/grpc-web"], Mode = HeaderMatchMode.NotContains };

    private static readonly (string Service, string Role)[] Services =
    [
        ("ipgan.v1.IdentityEncoder", Roles.IdentityEncoder), ("ipgan.v1.PoseEncoder", Roles.PoseEncoder), ("ipgan.v1.Generator", Roles.Generator),
        ("ipgan.v1.FaceFinder", Roles.IdentityEncoder),
    ];

    public static IReadOnlyList<RouteConfig> Routes { get; } =
    [
        .. Services.Select(s => new RouteConfig
        {
            RouteId = s.Service,
            ClusterId = s.Role,
            Order = BeforeOwnEndpoints,
            Match = new RouteMatch { Path = $"/{s.Service}/{{**method}}", Headers = [NotFromBrowser] },
        }),
    ];

    public static IReadOnlyList<ClusterConfig> Clusters(IEnumerable<ReplicaAddress> replicas) =>
    [
        .. replicas.GroupBy(a => a.Role).Select(role => new ClusterConfig
        {
            ClusterId = role.Key,
            LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
            // A machine is called by the configured name, which is also the one in its certificate.
            Destinations = role.ToDictionary(
                a => a.ToString(), a => new DestinationConfig { Address = a.ToString(), Host = a.Machine is null ? null : a.Configured.Authority }),
            HttpRequest = new ForwarderRequestConfig
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                ActivityTimeout = LongestQuiet,
            },
            HealthCheck = new HealthCheckConfig
            {
                Passive = new PassiveHealthCheckConfig
                {
                    Enabled = true,
                    Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
                    ReactivationPeriod = TimeSpan.FromSeconds(5),
                },
            },
        }),
    ];
}
