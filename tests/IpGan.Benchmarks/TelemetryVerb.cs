using System.CommandLine;
using System.Globalization;
using IpGan.Testing.Telemetry;
using Spectre.Console;

namespace IpGan.Benchmarks;

/// <summary>What it costs to be watched.</summary>
internal static class TelemetryVerb
{
    private const int Clients = 8;

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "For each measurement.", DefaultValueFactory = _ => 4 };
        var rounds = new Option<int>("--rounds") { Description = "Measurements of each kind, in turns; their median counts.", DefaultValueFactory = _ => 5 };
        var command = new Command("telemetry", "Throughput unwatched, scraped, and scraped and traced, against each other.") { seconds, rounds };
        command.SetAction(async (parse, cancel) =>
        {
            var time = TimeSpan.FromSeconds(parse.GetValue(seconds));
            await using var receiver = await OtlpReceiver.StartAsync(cancel);
            Dictionary<string, string> scraped = new() { ["Kestrel:Endpoints:Metrics:Url"] = "http://127.0.0.1:0" };
            var kinds = new (string Name, IReadOnlyDictionary<string, string> Settings)[]
            {
                ("off", new Dictionary<string, string>()), ("metrics", scraped), ("metrics, every call traced", new Dictionary<string, string>([.. scraped, .. receiver.Settings])),
            };
            var systems = new List<SystemUnderTest>();
            try
            {
                foreach (var kind in kinds)
                    systems.Add(await SystemUnderTest.StartAsync(Path.GetFullPath("models"), peer: false, cancel, kind.Settings));
                var table = new Table().AddColumns("work", "watched", "a second", "of unwatched", "p50 ms");
                foreach (var (work, request) in new (string, Func<SystemUnderTest, Func<Task>>)[] { ("embed, service", s => s.EmbedService), ("rotate, gateway", s => s.RotateGateway) })
                {
                    var loads = systems.Select(_ => new List<Load>()).ToList();
                    for (var round = 0; round < parse.GetValue(rounds); round++)
                        for (var i = 0; i < systems.Count; i++)
                            loads[i].Add(await ClosedLoop.RunAsync(Clients, time, request(systems[i])));
                    var medians = loads.Select(l => l.OrderBy(x => x.PerSecond).ElementAt(l.Count / 2)).ToList();
                    for (var i = 0; i < medians.Count; i++)
                        table.AddRow(work, kinds[i].Name, Number(medians[i].PerSecond, 0), Number(medians[i].PerSecond / medians[0].PerSecond, 3), Number(medians[i].Median, 2));
                }
                AnsiConsole.Write(table);
                Console.WriteLine($"{receiver.Spans.Count} spans came, to this process, on the same cores.");
            }
            finally
            {
                foreach (var system in systems)
                    await system.DisposeAsync();
            }
        });
        return command;
    }

    private static string Number(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);
}
