namespace IpGan.Benchmarks;

/// <summary>One line of the closed loop.</summary>
/// <param name="Work">What is asked.</param>
/// <param name="Clients">Who ask at the same time.</param>
/// <param name="Load">What came of it.</param>
/// <param name="OfBare">Requests a second over those of the bare work in one process; null for that itself.</param>
/// <param name="ResidentMiB">Physical memory of the processes that answer; null for the bare work.</param>
internal sealed record ThroughputLine(string Work, int Clients, Load Load, double? OfBare, long? ResidentMiB);

/// <summary>One line of the open loop: requests come at a rate, whether the last one was answered or not.</summary>
/// <param name="Work">What is asked.</param>
/// <param name="Rate">Requests a second.</param>
/// <param name="OfCapacity">The rate over the most that the closed loop reached.</param>
/// <param name="Answered">Requests answered.</param>
/// <param name="Refused">Requests refused, for want of a place in the queue.</param>
/// <param name="Median">Milliseconds from when a request was due.</param>
/// <param name="Percentile99">The same, of 99 in 100.</param>
internal sealed record RateLine(string Work, double Rate, double OfCapacity, int Answered, int Refused, double Median, double Percentile99);

/// <summary>Memory after a number of reloads.</summary>
internal sealed record MemoryLine(int Reloads, long ResidentMiB);

/// <summary>What reloads do to those who ask meanwhile, and to memory.</summary>
internal sealed record ReloadReport(
    double WindowMilliseconds, double Percentile99Within, double Percentile99Outside, int Requests, int Failures, IReadOnlyList<MemoryLine> Memory, double Growth);

/// <summary>From the start of a process to its first answer that says "ready".</summary>
internal sealed record StartLine(string Process, double Seconds);

/// <summary>Everything.</summary>
internal sealed record BenchReport(
    Machine Machine, DateOnly Date, double SecondsALine, IReadOnlyList<ThroughputLine> Throughput, IReadOnlyList<RateLine> Rates, ReloadReport Reload,
    IReadOnlyList<StartLine> Start);
