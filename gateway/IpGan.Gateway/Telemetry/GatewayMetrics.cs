using System.Diagnostics.Metrics;
using System.Globalization;
using IpGan.Gateway.Directory;
using IpGan.Telemetry;

namespace IpGan.Gateway.Telemetry;

/// <summary>Meter <c>IpGan.Gateway</c>: which services are there, which versions rotations use, and how calls to services end.</summary>
internal sealed class GatewayMetrics
{
    private const string MeterName = "IpGan.Gateway";

    private readonly Counter<long> _switches;
    private Func<DirectoryState>? _state;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        Calls = RpcDuration.Create(meters, "rpc.client.call.duration", "Calls to services, made for rotations, comparisons and REST.");
        _switches = meter.CreateCounter<long>("ipgan.gateway.triple.switches", "{switch}", "Times that rotations went over to other versions, or to none.");
        meter.CreateObservableGauge("ipgan.gateway.triple.serving", () => Observe(s => s.Serving is null ? 0 : 1), null, "1 while a consistent set of versions is up.");
        meter.CreateObservableGauge("ipgan.gateway.triple.version", () => ByRole(Version), null, "The version that rotations use; 0 for none.");
        meter.CreateObservableGauge("ipgan.gateway.replicas", () => ByRole((state, role) => state.Services.Count(s => s.Role == role)), "{replica}", "Replicas that are configured, or found by a configured name.");
        meter.CreateObservableGauge("ipgan.gateway.replicas.reachable", () => ByRole((state, role) => state.Services.Count(s => s.Role == role && s.Reachable)), "{replica}", "Replicas that can be reached.");
    }

    public Histogram<double> Calls { get; }

    /// <summary>Observes the directory from now on.</summary>
    public void Watch(Func<DirectoryState> state)
    {
        _state = state;
        // A counter that begins with its first event hides it: no increase is seen from nothing to one.
        _switches.Add(0);
    }

    public void Switched() => _switches.Add(1);

    private static int Version(DirectoryState state, string role) => int.Parse(state.Serving is not { } triple ? "0" : role switch
    {
        Roles.IdentityEncoder => triple.IdentityEncoder,
        Roles.PoseEncoder => triple.PoseEncoder,
        _ => triple.Generator,
    }, CultureInfo.InvariantCulture);

    private IEnumerable<Measurement<int>> Observe(Func<DirectoryState, int> value) => _state is { } state ? [new(value(state()))] : [];

    private IEnumerable<Measurement<int>> ByRole(Func<DirectoryState, string, int> value) =>
        _state?.Invoke() is { } state ? Roles.Services.Select(role => new Measurement<int>(value(state, role), new KeyValuePair<string, object?>("role", role))) : [];
}
