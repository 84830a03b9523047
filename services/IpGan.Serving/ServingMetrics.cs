using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Globalization;
using IpGan.Models;
using IpGan.Telemetry;
using IpGan.V1;

namespace IpGan.Serving;

/// <summary>Meter <c>IpGan.Serving</c>: what happens to model versions, and what they do.</summary>
public sealed class ServingMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "IpGan.Serving";

    private static readonly ModelState[] States = [.. Enum.GetValues<ModelState>().Where(s => s != ModelState.Unspecified)];

    private readonly Histogram<double> _loads;
    private readonly Histogram<double> _runs;
    private readonly Histogram<int> _batches;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _swaps;
    private ImmutableList<Func<ServiceInfo>> _watched = [];

    /// <summary>Creates the instruments.</summary>
    public ServingMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _loads = RpcDuration.CreateSeconds(meter, "ipgan.model.load.duration", "Verifying, loading, warming up and checking a version.");
        _runs = RpcDuration.CreateSeconds(meter, "ipgan.model.run.duration", "One run of a network, whatever its batch.");
        _batches = meter.CreateHistogram("ipgan.model.run.batch.size", "{item}", "Items of one run.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64] });
        _rejected = meter.CreateCounter<long>("ipgan.model.rejected", "{version}", "Versions that failed a check.");
        _swaps = meter.CreateCounter<long>("ipgan.model.swaps", "{swap}", "Times that another version became active.");
        meter.CreateObservableGauge("ipgan.model.versions", () => _watched.SelectMany(Count), "{version}", "Versions on disk and in memory, by state.");
        meter.CreateObservableGauge("ipgan.model.active.version", () => _watched.Select(ActiveVersion), null, "The version that answers; 0 for none.");
    }

    /// <summary>Observes a role's versions from now on.</summary>
    internal void Watch(ModelRole role, Func<ServiceInfo> describe)
    {
        ImmutableInterlocked.Update(ref _watched, watched => watched.Add(describe));
        // A counter that begins with its first event hides it: no increase is seen from nothing to one.
        _rejected.Add(0, Role(role.Name()));
        _swaps.Add(0, Role(role.Name()));
    }

    internal void Loaded(ModelRole role, TimeSpan time) => _loads.Record(time.TotalSeconds, Role(role.Name()));

    internal void Rejected(ModelRole role) => _rejected.Add(1, Role(role.Name()));

    internal void Swapped(ModelRole role) => _swaps.Add(1, Role(role.Name()));

    internal void Ran(string role, string version, int batch, TimeSpan time)
    {
        _runs.Record(time.TotalSeconds, Role(role), new KeyValuePair<string, object?>("version", version));
        _batches.Record(batch, Role(role));
    }

    // Every state, also those that no version is in: what is not observed any more would keep its last number.
    private static IEnumerable<Measurement<int>> Count(Func<ServiceInfo> describe)
    {
        var service = describe();
        return States.Select(state => new Measurement<int>(
            service.Models.Count(m => m.State == state), Role(service.Role), new("state", state.ToString().ToLowerInvariant())));
    }

    private static Measurement<int> ActiveVersion(Func<ServiceInfo> describe)
    {
        var service = describe();
        return new(int.Parse(service.Models.FirstOrDefault(m => m.Active)?.Version ?? "0", CultureInfo.InvariantCulture), Role(service.Role));
    }

    private static KeyValuePair<string, object?> Role(string role) => new("role", role);
}
