using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace IpGan.CommandLine.Tests;

/// <summary>How a run of `ipgan` ended.</summary>
internal sealed record IpGanRun(int ExitCode, string Output, string Errors)
{
    /// <summary>What it said to programs.</summary>
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Output);
}

/// <summary>The program `ipgan` as it was built.</summary>
internal sealed class IpGanProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _told = new();
    private readonly Task _reading;

    private IpGanProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _lines), ReadAsync(process.StandardError, _told));
    }

    /// <summary>Beside this test's own output: bin/IpGan.CommandLine/CONFIGURATION/ipgan.</summary>
    public static string Program
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(own.Parent!.Parent!.FullName, "IpGan.CommandLine", own.Name, OperatingSystem.IsWindows() ? "ipgan.exe" : "ipgan");
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>What it said to programs so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>What it said to people so far.</summary>
    public IReadOnlyCollection<string> Told => _told;

    /// <summary>Starts it.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="address">IPGAN_ADDRESS.</param>
    /// <param name="arguments">As they would be typed.</param>
    public static IpGanProcess Start(string folder, string address, params string[] arguments) => Start(folder, address, key: null, arguments);

    /// <summary>Starts it with a key, or with a token, and with variables of its environment.</summary>
    public static IpGanProcess Start(string folder, string address, string? key, string[] arguments, string? token = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["IPGAN_ADDRESS"] = address;
        start.Environment["IPGAN_API_KEY"] = key;
        start.Environment["IPGAN_TOKEN"] = token;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        return new IpGanProcess(Process.Start(start)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<IpGanRun> RunAsync(string folder, string address, params string[] arguments)
    {
        using var process = Start(folder, address, arguments);
        return await process.EndAsync();
    }

    public async Task<IpGanRun> EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Deadline);
        await _process.WaitForExitAsync(limit.Token);
        await _reading;
        return new IpGanRun(_process.ExitCode, Text(_lines), Text(_told));
    }

    /// <summary>Waits until a condition holds; the program must not end before.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Deadline);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!condition())
        {
            Assert.False(HasExited, "It ended too early.");
            await tick.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>SIGKILL, while it runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        var run = await EndAsync();
        Assert.True(run.ExitCode == 137, $"It had ended before it was killed: {run.Output}{run.Errors}");
    }

    /// <summary>INT is what Ctrl+C sends; STOP freezes it, CONT lets it go on.</summary>
    public void Send(Signal signal) => Signals.Send(_process, signal);

    private static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(l => l + "\n"));

    private static async Task ReadAsync(StreamReader reader, ConcurrentQueue<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Enqueue(line);
        }
    }

    public void Dispose()
    {
        if (!HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }
}
