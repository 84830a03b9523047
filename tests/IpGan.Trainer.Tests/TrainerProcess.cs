using System.Diagnostics;
using IpGan.Testing;

namespace IpGan.Trainer.Tests;

/// <summary>The program `trainer` as it was built, with its output as it comes.</summary>
internal sealed class TrainerProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];

    private TrainerProcess(string workingFolder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Program) { WorkingDirectory = workingFolder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Add(_output, e.Data);
        _process.ErrorDataReceived += (_, e) => Add(_errors, e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Beside this test's own output: bin/IpGan.Trainer/CONFIGURATION_RUNTIME/trainer.</summary>
    public static string Program
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            var bin = Path.Combine(own.Parent!.Parent!.FullName, "IpGan.Trainer");
            return Directory.EnumerateDirectories(bin, own.Name + "*").Select(f => Path.Combine(f, OperatingSystem.IsWindows() ? "trainer.exe" : "trainer"))
                .Single(File.Exists);
        }
    }

    public IReadOnlyList<string> Output => Copy(_output);

    public IReadOnlyList<string> Errors => Copy(_errors);

    public int ExitCode => _process.ExitCode;

    public static TrainerProcess Start(string workingFolder, params string[] arguments) => new(workingFolder, arguments);

    /// <summary>Runs to the end.</summary>
    public static async Task<TrainerProcess> Run(string workingFolder, params string[] arguments)
    {
        var process = new TrainerProcess(workingFolder, arguments);
        await process.Exited();
        return process;
    }

    public async Task Exited()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Deadline);
        await _process.WaitForExitAsync(limit.Token);
    }

    /// <summary>Until the condition holds; the program must not end before.</summary>
    public async Task Until(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Deadline);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            Assert.False(_process.HasExited, $"The trainer ended: {string.Join('\n', Output.Concat(Errors))}");
            await tick.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await Exited();
    }

    public void Send(Signal signal) => Signals.Send(_process, signal);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private static void Add(List<string> lines, string? line)
    {
        if (line is not null)
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }
    }

    private static List<string> Copy(List<string> lines)
    {
        lock (lines)
        {
            return [.. lines];
        }
    }
}
