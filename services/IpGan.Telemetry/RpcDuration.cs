using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Google.Rpc;
using Grpc.Core;

namespace IpGan.Telemetry;

/// <summary>The instrument of a gRPC call's time, and its labels, on either side.</summary>
public static class RpcDuration
{
    private const string MeterName = "IpGan.Rpc";

    // From an embed of two milliseconds to a rotation that waits for its time-out.
    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private static readonly FrozenDictionary<StatusCode, string> Names = CodeReflection.Descriptor.EnumTypes[0].Values.ToFrozenDictionary(v => (StatusCode)v.Number, v => v.Name);

    /// <summary>A histogram of seconds.</summary>
    public static Histogram<double> Create(IMeterFactory meters, string name, string description) => CreateSeconds(meters.Create(MeterName), name, description);

    /// <summary>The same in another meter.</summary>
    public static Histogram<double> CreateSeconds(Meter meter, string name, string description) =>
        meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    /// <summary>A status as google.rpc.Code writes it: INVALID_ARGUMENT.</summary>
    public static string Name(StatusCode status) => Names.GetValueOrDefault(status, "UNKNOWN");

    /// <summary>The labels of one call.</summary>
    public static TagList Tags(string method, string status) => new()
    {
        { "rpc.system.name", "grpc" }, { "rpc.method", method }, { "rpc.response.status_code", status },
    };
}
