using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace IpGan.Benchmarks;

/// <summary>All measurements, as a table and as JSON.</summary>
internal static class BenchVerb
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "For each line of the table.", DefaultValueFactory = _ => 5 };
        var reloads = new Option<int>("--reloads") { Description = "Reloads after which memory is looked at last.", DefaultValueFactory = _ => 100 };
        var peer = new Option<bool>("--peer") { Description = "Also the Node server in benchmarks/peer-node (needs node and npm).", DefaultValueFactory = _ => true };
        var output = new Option<string?>("--out") { Description = "A JSON file. Default: benchmarks/PROCESSOR.json." };
        var command = new Command("bench", "Embed and rotate at fixed numbers of clients and at fixed rates, reloads under load, start-up.") { seconds, reloads, peer, output };
        command.SetAction(async (parse, cancel) =>
        {
            var time = TimeSpan.FromSeconds(parse.GetValue(seconds));
            await using var system = await SystemUnderTest.StartAsync(Path.GetFullPath("models"), parse.GetValue(peer), cancel);
            var throughput = await ThroughputBench.RunAsync(system, time, cancel);
            var rates = await OpenLoopBench.RunAsync(system, throughput, time, cancel);
            var reload = await ReloadBench.RunAsync(Path.GetFullPath("models"), parse.GetValue(reloads), cancel);
            var start = await StartBench.RunAsync(Path.GetFullPath("models"), cancel);
            var report = new BenchReport(Machine.Describe(), DateOnly.FromDateTime(DateTime.UtcNow), parse.GetValue(seconds), throughput, rates, reload, start);
            Print(report);
            var file = parse.GetValue(output) ?? Path.Combine("benchmarks", $"{report.Machine.Slug}.json");
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(report, Json) + "\n", cancel);
            Console.WriteLine(file);
        });
        return command;
    }

    private static void Print(BenchReport report)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = 160;
        Console.WriteLine($"{report.Machine.Processor}, {report.Machine.Cores} cores, {report.Machine.Runtime}; clients share the cores.");
        var closed = new Table().Title("clients that each wait for their answer").AddColumns("work", "clients", "a second", "of the bare", "p50 ms", "p99 ms", "memory MiB");
        foreach (var line in report.Throughput)
            closed.AddRow(line.Work, $"{line.Clients}", Number(line.Load.PerSecond, 0), Number(line.OfBare, 2), Number(line.Load.Median, 2), Number(line.Load.Percentile99, 2), $"{line.ResidentMiB}");
        AnsiConsole.Write(closed);
        var open = new Table().Title("requests at a fixed rate").AddColumns("work", "a second asked", "of what it can", "answered", "refused", "p50 ms", "p99 ms");
        foreach (var line in report.Rates)
            open.AddRow(line.Work, Number(line.Rate, 0), Number(line.OfCapacity, 2), $"{line.Answered}", $"{line.Refused}", Number(line.Median, 2), Number(line.Percentile99, 2));
        AnsiConsole.Write(open);
        var r = report.Reload;
        Console.WriteLine(FormattableString.Invariant($"Reloads under load: p99 {r.Percentile99Within:F1} ms within {r.WindowMilliseconds:F0} ms after publishing, {r.Percentile99Outside:F1} ms outside ({r.Percentile99Within / r.Percentile99Outside:F2} x); ")
            + FormattableString.Invariant($"{r.Requests} requests, {r.Failures} failed. Memory {string.Join(", ", r.Memory.Select(m => $"{m.ResidentMiB} MiB after {m.Reloads}"))} ({r.Growth:F3} x from the tenth to the last)."));
        Console.WriteLine(FormattableString.Invariant($"Start to ready: {string.Join(", ", report.Start.Select(s => $"{s.Process} {s.Seconds:F2} s"))}."));
    }

    private static string Number(double? value, int digits) => value?.ToString($"F{digits}", CultureInfo.InvariantCulture) ?? "";
}
