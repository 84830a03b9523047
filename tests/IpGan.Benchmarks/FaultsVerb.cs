using System.CommandLine;
using System.Diagnostics;
using IpGan.Testing.Faults;

namespace IpGan.Benchmarks;

/// <summary>The long form of the fault tests.</summary>
internal static class FaultsVerb
{
    public static Command Create()
    {
        var packages = new Option<int>("--packages") { Description = "Damaged packages.", DefaultValueFactory = _ => 1000 };
        var requests = new Option<int>("--requests") { Description = "Hostile requests.", DefaultValueFactory = _ => 100_000 };
        var swaps = new Option<int>("--swaps") { Description = "Versions swapped under load.", DefaultValueFactory = _ => 1000 };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same faults.", DefaultValueFactory = _ => 1 };
        var command = new Command("faults", "Damaged packages, hostile requests and swaps, by the thousand, against a running service. Ends with an error at the first that it does not withstand.")
        {
            packages, requests, swaps, seed,
        };
        command.SetAction(async (parse, cancel) =>
        {
            await RunAsync("swaps", parse.GetValue(swaps), async n => await FaultRuns.SwapsAsync(n, cancel));
            await RunAsync("damaged packages", parse.GetValue(packages), async n => Tell(await FaultRuns.DamagedPackagesAsync(n, parse.GetValue(seed), cancel)));
            await RunAsync("hostile requests", parse.GetValue(requests), async n => Tell(await FaultRuns.HostileRequestsAsync(n, parse.GetValue(seed), cancel)));
        });
        return command;
    }

    private static async Task RunAsync(string what, int count, Func<int, Task<string>> run)
    {
        if (count == 0)
            return;
        var watch = Stopwatch.StartNew();
        var result = await run(count);
        Console.WriteLine(FormattableString.Invariant($"{count} {what} in {watch.Elapsed.TotalSeconds:F0} s: {result}"));
    }

    private static string Tell<T>(IReadOnlyDictionary<T, int> counts)
        where T : notnull => string.Join(", ", counts.OrderByDescending(c => c.Value).Select(c => $"{c.Value} {c.Key}"));
}
