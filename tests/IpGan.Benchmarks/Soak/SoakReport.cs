namespace IpGan.Benchmarks.Soak;

/// <summary>Times of the requests of one kind in one interval, milliseconds from when they were due.</summary>
internal sealed record Latency(int Answers, double Median, double Percentile99);

/// <summary>One interval.</summary>
/// <param name="Minutes">Its end.</param>
/// <param name="Reloads">Versions that were published until then.</param>
/// <param name="Requests">Requests by kind.</param>
/// <param name="ResidentMiB">Physical memory by process.</param>
internal sealed record SoakSample(double Minutes, int Reloads, IReadOnlyDictionary<string, Latency> Requests, IReadOnlyDictionary<string, double> ResidentMiB);

/// <summary>Where something went after the warm-up.</summary>
/// <param name="Median">Of all samples after it.</param>
/// <param name="PerHour">The trend: the median of all pairs' slopes (Theil–Sen), which a few bad minutes do not bend.</param>
/// <param name="Growth">What the trend adds from the warm-up to the end, of the median.</param>
/// <param name="Allowed">The growth that is called flat.</param>
internal sealed record Trend(double Median, double PerHour, double Growth, double Allowed)
{
    public bool IsFlat => Growth <= Allowed;

    public static Trend Of(IReadOnlyList<(double Minutes, double Value)> points, double allowed)
    {
        var slopes = points.SelectMany((a, i) => points.Skip(i + 1).Select(b => (b.Value - a.Value) / (b.Minutes - a.Minutes))).Order().ToList();
        var median = points.Select(p => p.Value).Order().ElementAt(points.Count / 2);
        var slope = slopes[slopes.Count / 2];
        return new Trend(median, slope * 60, slope * (points[^1].Minutes - points[0].Minutes) / median, allowed);
    }
}

/// <summary>A whole run. <see cref="RateKept"/> is answers over what should have been asked: below 1, times say how far behind the machine fell, and no more.</summary>
internal sealed record SoakReport(
    Machine Machine, DateTimeOffset Ended, double Minutes, double RequestsPerSecond, int Answers, double RateKept, int Reloads, IReadOnlyDictionary<string, int> Failures,
    IReadOnlyDictionary<string, Trend> Memory, IReadOnlyDictionary<string, Trend> Latency, bool IsFlat, IReadOnlyList<SoakSample> Samples)
{
    // A process takes what it needs in its first minutes.
    private const double WarmUp = 0.25;
    private const double MemoryAllowed = 0.1;

    // Medians; on a machine that others use, too, time is less certain than memory.
    private const double LatencyAllowed = 0.25;

    private const double LeastKept = 0.95;

    /// <summary>True if the machine was fast enough for the rate.</summary>
    public bool KeptUp => RateKept >= LeastKept;

    public static SoakReport Of(double minutes, double rate, int reloads, IReadOnlyDictionary<string, int> failures, IReadOnlyList<SoakSample> samples)
    {
        var after = samples.Where(s => s.Minutes > minutes * WarmUp).ToList();
        if (after.Count < 3)
            throw new InvalidOperationException($"{after.Count} samples after the warm-up say nothing; let it run longer.");
        var memory = samples[0].ResidentMiB.Keys.ToDictionary(p => p, p => Trend.Of([.. after.Select(s => (s.Minutes, s.ResidentMiB[p]))], MemoryAllowed));
        var latency = samples[0].Requests.Keys.ToDictionary(
            k => k, k => Trend.Of([.. after.Where(s => s.Requests[k].Answers > 0).Select(s => (s.Minutes, s.Requests[k].Median))], LatencyAllowed));
        var answers = samples.Sum(s => s.Requests.Values.Sum(r => r.Answers));
        return new SoakReport(
            Machine.Describe(), DateTimeOffset.UtcNow, minutes, rate, answers, answers / (rate * samples[^1].Minutes * 60), reloads, failures, memory, latency,
            memory.Values.Concat(latency.Values).All(t => t.IsFlat), samples);
    }
}
