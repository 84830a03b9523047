using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace IpGan.Benchmarks.Soak;

/// <summary>Does it stay as it is?</summary>
internal static class SoakVerb
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "How long: 1 to 1440.", DefaultValueFactory = _ => 60 };
        var rate = new Option<double>("--rate") { Description = "Requests a second, of all kinds together.", DefaultValueFactory = _ => 20 };
        var reload = new Option<double>("--reload") { Description = "Seconds from one new version to the next, of the three roles in turn.", DefaultValueFactory = _ => 20 };
        var output = new Option<string?>("--out") { Description = "A JSON file. Default: benchmarks/soak-PROCESSOR.json." };
        minutes.Validators.Add(result =>
        {
            if (result.GetValue(minutes) is not (>= 1 and <= 1440))
                result.AddError("--minutes must be 1 to 1440.");
        });
        var command = new Command("soak", "Steady mixed load for long, with reloads; latency and memory over time. Ends with an error if a request fails or anything grows.")
        {
            minutes, rate, reload, output,
        };
        command.SetAction(async (parse, cancel) =>
        {
            var report = await SoakRun.RunAsync(
                Path.GetFullPath("models"), TimeSpan.FromMinutes(parse.GetValue(minutes)), parse.GetValue(rate), TimeSpan.FromSeconds(parse.GetValue(reload)), Tell, cancel);
            Print(report);
            var file = parse.GetValue(output) ?? Path.Combine("benchmarks", $"soak-{report.Machine.Slug}.json");
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(report, Json) + "\n", cancel);
            Console.WriteLine(file);
            return report.IsFlat && report.KeptUp && report.Failures.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static void Tell(SoakSample sample) => Console.WriteLine(
        $"{Number(sample.Minutes, 1)} min, {sample.Reloads} reloads: {string.Join(", ", sample.Requests.Select(r => $"{r.Key} {Number(r.Value.Median, 1)}/{Number(r.Value.Percentile99, 1)} ms"))}; "
        + $"{string.Join(", ", sample.ResidentMiB.Select(p => $"{p.Key} {Number(p.Value, 0)} MiB"))}");

    private static void Print(SoakReport report)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = 160;
        var table = new Table().Title($"after a quarter of {Number(report.Minutes, 0)} minutes at {Number(report.RequestsPerSecond, 0)} requests a second, {report.Reloads} reloads")
            .AddColumns("what", "median", "trend in an hour", "growth", "verdict");
        foreach (var (name, unit, trend) in report.Memory.Select(m => (m.Key, "MiB", m.Value)).Concat(report.Latency.Select(l => (l.Key, "ms", l.Value))))
        {
            table.AddRow(name, $"{Number(trend.Median, 1)} {unit}", $"{(trend.PerHour < 0 ? "" : "+")}{Number(trend.PerHour, 1)} {unit}",
                trend.Growth.ToString("P1", CultureInfo.InvariantCulture), trend.IsFlat ? "flat" : $"GROWS (more than {trend.Allowed.ToString("P0", CultureInfo.InvariantCulture)})");
        }
        AnsiConsole.Write(table);
        Console.WriteLine($"{report.Answers} answers, {(report.Failures.Count == 0 ? "none failed" : $"failed: {string.Join(", ", report.Failures.Select(f => $"{f.Value} {f.Key}"))}")}.");
        if (!report.KeptUp)
            Console.WriteLine($"The machine kept {report.RateKept.ToString("P0", CultureInfo.InvariantCulture)} of the rate only: the times say how far behind it fell. Lower --rate, or run it with nothing beside it.");
    }

    private static string Number(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);
}
