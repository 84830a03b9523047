using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace IpGan.Observability.Tests;

/// <summary>Debian's Prometheus as a process on loopback, with the alerts that ship.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    public const string Rules = "deploy/observability/alerts.yml";

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly Process _process;
    private readonly Task<string> _log;

    private PrometheusServer(IEnumerable<(string Job, string Address)> targets)
    {
        var jobs = targets.Select(t => $"  - {{ job_name: {t.Job}, static_configs: [{{ targets: [\"{new Uri(t.Address).Authority}\"] }}] }}");
        var config = Path.Combine(_folder.Path, "prometheus.yml");
        File.WriteAllText(config, $"""
            global: {"{"} scrape_interval: 1s, evaluation_interval: 1s {"}"}
            rule_files: ["{Path.Combine(Checkout.Root, Rules)}"]
            scrape_configs:
            {string.Join('\n', jobs)}
            """);
        var port = Ports.Unused();
        _client.BaseAddress = new Uri($"http://127.0.0.1:{port}/");
        _process = Process.Start(new ProcessStartInfo("prometheus",
        [
            $"--config.file={config}", $"--storage.tsdb.path={Path.Combine(_folder.Path, "data")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ])
        { RedirectStandardError = true })!;
        _log = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts it, and skips the test where there is none.</summary>
    public static async Task<PrometheusServer> StartAsync(IEnumerable<(string Job, string Address)> targets, CancellationToken cancel)
    {
        Tool.SkipUnlessThere("prometheus");
        var server = new PrometheusServer(targets);
        try
        {
            while (!await server.IsReadyAsync(cancel))
            {
                if (server._process.HasExited)
                {
                    throw new InvalidOperationException($"Prometheus ended with {server._process.ExitCode}:\n{await server._log}");
                }
                await Task.Delay(50, cancel);
            }
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The series that a query gives now; fails with Prometheus's words if it is none.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string expression, CancellationToken cancel) =>
        [.. (await GetAsync($"query?query={Uri.EscapeDataString(expression)}", cancel)).GetProperty("result").EnumerateArray()];

    /// <summary>Names of all metrics that were scraped.</summary>
    public async Task<IReadOnlySet<string>> NamesAsync(CancellationToken cancel) =>
        (await GetAsync("label/__name__/values", cancel)).EnumerateArray().Select(n => n.GetString()!).ToHashSet();

    /// <summary>The alerting rules, with their state.</summary>
    public async Task<IReadOnlyList<JsonElement>> RulesAsync(CancellationToken cancel) =>
        [.. (await GetAsync("rules", cancel)).GetProperty("groups").EnumerateArray().SelectMany(g => g.GetProperty("rules").EnumerateArray())];

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _client.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        try
        {
            using var answer = await _client.GetAsync(new Uri("-/ready", UriKind.Relative), cancel);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        using var answer = await _client.GetAsync(new Uri($"api/v1/{path}", UriKind.Relative), cancel);
        var body = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStreamAsync(cancel));
        Assert.True(body.GetProperty("status").GetString() == "success", $"{path}: {body}");
        return body.GetProperty("data");
    }
}
