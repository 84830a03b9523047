using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace IpGan.Deploy.Tests;

/// <summary>What watches the product under the profile "observability". Queries and alerts are tested where there is a Prometheus: IpGan.Observability.Tests.</summary>
public sealed partial class ObservabilityTests
{
    private const string Folder = "deploy/observability";
    private readonly ComposeFile _compose = ComposeFile.Read();

    [Fact]
    public void Every_process_can_be_scraped_where_prometheus_looks()
    {
        var jobs = Jobs().ToDictionary();
        Assert.Equal(["gateway", "generator", "identity-encoder", "pose-encoder"], jobs.Keys.Order());
        Assert.All(jobs, job => Assert.Equal(job.Key, job.Value.Host));
        var port = Assert.Single(jobs.Values.Select(j => j.Port).Distinct());
        Assert.All(_compose.Services, service =>
        {
            Assert.Equal($"http://*:{port}", service.Value.Environment["Kestrel__Endpoints__Metrics__Url"]);
            Assert.Contains("telemetry", service.Value.NetworkNames);
            // Published ports would bring the metrics to everybody.
            Assert.DoesNotContain(service.Value.Ports, p => p.EndsWith($":{port}", StringComparison.Ordinal));
            Assert.Contains(service.Value.Aliases.Append(service.Key), jobs.ContainsKey);
        });
    }

    [Fact]
    public void Nobody_is_sent_traces_unless_an_operator_says_where_to()
    {
        Assert.All(_compose.Services.Values, service => Assert.Equal("${OTEL_EXPORTER_OTLP_ENDPOINT:-}", service.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"]));
        // What the page tells operators to type is where the collector listens.
        var address = Endpoint().Match(Tree.Text($"{Folder}/README.md")).Groups[1].Value;
        Assert.Contains(new Uri(address).Host, _compose.Watchers.Keys);
        Assert.Contains($":{new Uri(address).Port}", Tree.Text($"{Folder}/collector.yml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Watchers_are_pinned_start_only_when_asked_and_are_reached_from_this_machine_only() => Assert.All(_compose.Watchers.Values, watcher =>
    {
        Assert.Matches(@":v?\d+\.\d+\.\d+$", watcher.Image);
        Assert.Equal(["observability"], watcher.Profiles);
        Assert.Equal(["ALL"], watcher.DroppedCapabilities);
        Assert.Contains("telemetry", watcher.NetworkNames);
        Assert.All(watcher.Ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        foreach (var file in watcher.Volumes.Where(v => v.StartsWith("./", StringComparison.Ordinal)))
        {
            Assert.True(Tree.Exists(file.Split(':')[0]), file);
            Assert.EndsWith(":ro", file, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void Every_address_in_the_watchers_files_is_another_watcher()
    {
        var files = Directory.EnumerateFiles(Tree.Full(Folder), "*.yml", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "prometheus.yml");
        var hosts = files.SelectMany(f => Address().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Distinct().ToList();
        Assert.NotEmpty(hosts);
        Assert.All(hosts, host => Assert.Contains(host, _compose.Watchers.Keys));
    }

    private static IEnumerable<KeyValuePair<string, (string Host, int Port)>> Jobs()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Tree.Text($"{Folder}/prometheus.yml")));
        foreach (var job in (YamlSequenceNode)yaml.Documents[0].RootNode["scrape_configs"])
        {
            var lookup = job["dns_sd_configs"][0];
            yield return new($"{job["job_name"]}", ($"{lookup["names"][0]}", int.Parse($"{lookup["port"]}", System.Globalization.CultureInfo.InvariantCulture)));
        }
    }

    [GeneratedRegex("OTEL_EXPORTER_OTLP_ENDPOINT=(http://[a-z]+:[0-9]+)")]
    private static partial Regex Endpoint();

    // NAME:PORT and http://NAME:PORT, in quotation marks or not.
    [GeneratedRegex("(?:url|endpoint): \"?(?:http://)?([a-z]+):[0-9]+")]
    private static partial Regex Address();
}
