using System.Diagnostics.Metrics;
using IpGan.Models;

namespace IpGan.Serving;

/// <summary>Meter <c>IpGan.Serving</c>: what happens to model versions.</summary>
public sealed class ServingMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "IpGan.Serving";

    private readonly Histogram<double> _loads;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _swaps;

    /// <summary>Creates the instruments.</summary>
    public ServingMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _loads = meter.CreateHistogram<double>("ipgan.model.load.duration", "s", "Verifying, loading, warming up and checking a version.");
        _rejected = meter.CreateCounter<long>("ipgan.model.rejected", "{version}", "Versions that failed a check.");
        _swaps = meter.CreateCounter<long>("ipgan.model.swaps", "{swap}", "Times that the newest version became active.");
    }

    internal void Loaded(ModelRole role, TimeSpan time) => _loads.Record(time.TotalSeconds, new KeyValuePair<string, object?>("role", role.Name()));

    internal void Rejected(ModelRole role) => _rejected.Add(1, new KeyValuePair<string, object?>("role", role.Name()));

    internal void Swapped(ModelRole role) => _swaps.Add(1, new KeyValuePair<string, object?>("role", role.Name()));
}
