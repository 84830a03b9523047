using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Grpc.Net.Client;

namespace IpGan.Testing;

/// <summary>
/// A host (a service or the gateway) as a real process with real sockets, on ports that the system chooses. The test project references the
/// host's project with ReferenceOutputAssembly="false", so that it is built. Every exception carries the host's log.
/// </summary>
public sealed partial class HostProcess : IAsyncDisposable
{
    // Machines that build and train meanwhile are slow; a host that fails says so at once.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>
    /// True: the host compiles its code for good and collects garbage as a server does, as elsewhere. False, the default: what costs least in a process that
    /// lives for seconds; tests start hundreds of them.
    /// </summary>
    public static bool CompilesForGood { get; set; }

    private readonly string _project;
    private readonly Process _process;
    private readonly ProcessLog _log = new();
    private readonly Lazy<GrpcChannel> _channel;
    private bool _disposed;

    private HostProcess(string project, Process process)
    {
        (_project, _process) = (project, process);
        _channel = new Lazy<GrpcChannel>(() => GrpcChannel.ForAddress(GrpcAddress!, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        }));
    }

    /// <summary>Where it speaks HTTP/1.1, without a slash at the end.</summary>
    public string HttpAddress { get; private set; } = "";

    /// <summary>Where it speaks gRPC: cleartext HTTP/2.</summary>
    public string GrpcAddress { get; private set; } = "";

    /// <summary>Where Prometheus may ask, if the settings say that it may; else empty.</summary>
    public string MetricsAddress { get; private set; } = "";

    /// <summary>A channel to <see cref="GrpcAddress"/>; closed with the host.</summary>
    public GrpcChannel Channel => _channel.Value;

    /// <summary>What it wrote so far, both streams.</summary>
    public string Log => _log.Text;

    /// <summary>Bytes of physical memory that it holds.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a host.</summary>
    /// <param name="project">Name of its project, e.g. "IpGan.Generator".</param>
    /// <param name="settings">Settings by their configuration key, e.g. "Models:Repository".</param>
    /// <param name="waitForReady">True: returns when /readyz says ready. False: returns as soon as it listens.</param>
    /// <param name="cancel">Ends the wait, and the host.</param>
    /// <exception cref="InvalidOperationException">It ended, or did not become ready in minutes.</exception>
    public static async Task<HostProcess> StartAsync(
        string project, IEnumerable<KeyValuePair<string, string>> settings, bool waitForReady = true, CancellationToken cancel = default)
    {
        var host = Launch(project, settings);
        try
        {
            await host.PollAsync("listen", () => Task.FromResult(host.Log.Contains("Application started.", StringComparison.Ordinal)), cancel);
            await host.FindAddressesAsync(cancel);
            if (waitForReady)
                await host.WaitForReadyAsync(cancel);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a host that is expected to end by itself, and returns its exit code and log.</summary>
    public static async Task<(int ExitCode, string Log)> RunToEndAsync(
        string project, IEnumerable<KeyValuePair<string, string>> settings, CancellationToken cancel)
    {
        await using var host = Launch(project, settings);
        return (await host.WaitForExitAsync(cancel), host.Log);
    }

    /// <summary>Waits until /readyz says ready.</summary>
    public async Task WaitForReadyAsync(CancellationToken cancel)
    {
        using var client = new HttpClient();
        await PollAsync("be ready", async () => (await client.GetAsync(new Uri($"{HttpAddress}/readyz"), cancel)).StatusCode == HttpStatusCode.OK, cancel);
    }

    /// <summary>Waits until a text is in the log.</summary>
    public Task WaitForLogAsync(string text, CancellationToken cancel) =>
        PollAsync($"log '{text}'", () => Task.FromResult(Log.Contains(text, StringComparison.Ordinal)), cancel);

    /// <summary>Asks it to stop, as a supervisor does: SIGTERM. Linux and macOS only.</summary>
    public void SendTerminate() => Signals.Send(_process, Signal.Terminate);

    /// <summary>Freezes it where it stands: it keeps its connections and answers nobody. Linux only.</summary>
    public void Stall() => Signals.Send(_process, Signal.Stop);

    /// <summary>Lets it go on.</summary>
    public void Resume() => Signals.Send(_process, Signal.Continue);

    /// <summary>Waits until it has ended; the exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            // Waits for the ends of both streams, too.
            await _process.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Failure("did not end");
        }
    }

    /// <summary>Kills it and whatever it started; once is enough, twice does no harm.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        if (_channel.IsValueCreated)
            _channel.Value.Dispose();
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Polls a condition until it holds; fails when the host ends.</summary>
    /// <param name="what">Completes "IpGan.X did not …".</param>
    /// <param name="condition">May throw HttpRequestException: not yet.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task PollAsync(string what, Func<Task<bool>> condition, CancellationToken cancel)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience;)
        {
            // Before the condition: what was written last is read.
            var ended = _process.HasExited;
            try
            {
                if (await condition())
                    return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
            if (ended)
                throw Failure($"ended with exit code {await WaitForExitAsync(cancel)} and did not {what}");
            await Task.Delay(20, cancel);
        }
        throw Failure($"did not {what}");
    }

    private static HostProcess Launch(string project, IEnumerable<KeyValuePair<string, string>> settings)
    {
        var folder = Folder(project);
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(folder, $"{project}.dll")])
        {
            // Where its appsettings.json is.
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var inherited in start.Environment.Keys.Where(k => k.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(inherited);
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        foreach (var endpoint in new[] { "Http", "Grpc" })
            start.Environment[$"Kestrel__Endpoints__{endpoint}__Url"] = "http://127.0.0.1:0";
        start.Environment["DOTNET_TC_QuickJit"] = CompilesForGood ? "0" : "1";
        start.Environment["DOTNET_gcServer"] = CompilesForGood ? "1" : "0";
        foreach (var (key, value) in settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        var process = new Process { StartInfo = start };
        var host = new HostProcess(project, process);
        process.OutputDataReceived += (_, line) => host._log.Add(line.Data);
        process.ErrorDataReceived += (_, line) => host._log.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return host;
    }

    /// <summary>artifacts/bin/PROJECT/debug, found from artifacts/bin/X.Tests/debug.</summary>
    private static string Folder(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        // A project that is built for a runtime identifier has it behind the configuration: debug_linux-x64.
        var configuration = own.Name.Split('_')[0];
        var folder = Path.Combine(own.Parent!.Parent!.FullName, project, configuration);
        return File.Exists(Path.Combine(folder, $"{project}.dll"))
            ? folder
            : throw new InvalidOperationException($"{project} is not built: {folder} does not hold {project}.dll. The test project must reference it.");
    }

    /// <summary>An endpoint for HTTP/2 only refuses HTTP/1.1, and the metrics' one does not know what is asked, so asking tells them apart.</summary>
    private async Task FindAddressesAsync(CancellationToken cancel)
    {
        using var client = new HttpClient();
        foreach (var address in ListeningOn().Matches(Log).Select(m => m.Groups[1].Value).Distinct())
        {
            if (address.StartsWith("https:", StringComparison.Ordinal))
            {
                // It may ask for a certificate; no test serves REST so.
                GrpcAddress = address;
                continue;
            }
            using var answer = await client.GetAsync(new Uri($"{address}/healthz"), cancel);
            if (answer.StatusCode == HttpStatusCode.OK)
                HttpAddress = address;
            else if (answer.StatusCode == HttpStatusCode.NotFound)
                MetricsAddress = address;
            else
                GrpcAddress = address;
        }
        if (HttpAddress.Length == 0 || GrpcAddress.Length == 0)
            throw Failure("does not listen on two addresses, one for HTTP/1.1 that answers /healthz and one for HTTP/2 only");
    }

    private InvalidOperationException Failure(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_project} {what}. Its log:\n{Log}"));

    [GeneratedRegex(@"Now listening on: (https?://[0-9A-Za-z.:\[\]]+)")]
    private static partial Regex ListeningOn();
}
