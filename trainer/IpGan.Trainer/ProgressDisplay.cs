using System.Diagnostics;
using System.Globalization;
using IpGan.Training;
using Spectre.Console;

namespace IpGan.Trainer;

/// <summary>A live table on a terminal; elsewhere a plain line every half minute.</summary>
internal sealed class ProgressDisplay : IDisposable
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(500);

    private readonly bool _live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
    private readonly Stopwatch _sinceOutput = new();
    private readonly ManualResetEventSlim _done = new();
    private Thread? _thread;
    private LiveDisplayContext? _context;
    private readonly TaskCompletionSource<LiveDisplayContext> _started = new();

    /// <summary>Shows a step, if enough time has passed since the last one.</summary>
    public void Report(TrainingProgress progress)
    {
        if (_sinceOutput.IsRunning && _sinceOutput.Elapsed < (_live ? FrameInterval : LineInterval))
        {
            return;
        }
        _sinceOutput.Restart();
        if (_live)
        {
            Context().UpdateTarget(Table(progress));
            Context().Refresh();
        }
        else
        {
            Console.WriteLine(Line(progress));
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _done.Set();
        _thread?.Join();
        _done.Dispose();
    }

    // Spectre's live display owns the thread that it runs on; training must keep its own.
    private LiveDisplayContext Context()
    {
        if (_context is null)
        {
            _thread = new Thread(() => AnsiConsole.Live(new Text("")).Start(context =>
            {
                _started.SetResult(context);
                _done.Wait();
            }))
            { IsBackground = true, Name = "progress" };
            _thread.Start();
            _context = _started.Task.GetAwaiter().GetResult();
        }
        return _context;
    }

    private static string Line(TrainingProgress p) => string.Create(CultureInfo.InvariantCulture,
        $"{Verb.Time(p.State.Elapsed)} {p.Phase} {Count(p)} {p.PicturesPerSecond:F1} pictures/s left {Left(p)} | {string.Join(" ", p.Terms.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key.Replace(' ', '-')} {t.Value:F3}")))}");

    private static Table Table(TrainingProgress p)
    {
        var table = new Table().Border(TableBorder.Rounded).Title($"{p.Phase}: {Count(p)}, {p.PicturesPerSecond:F1} pictures/s, left {Left(p)}").AddColumn("term").AddColumn("value");
        foreach (var (name, value) in p.Terms)
        {
            table.AddRow(name, value.ToString("F3", CultureInfo.InvariantCulture));
        }
        return table;
    }

    private static string Count(TrainingProgress p) => p.Phase == "encoders" ? $"{p.State.EncoderPictures} pictures" : $"{p.State.Triples} triples";

    private static string Left(TrainingProgress p) => $"{(int)p.Left.TotalHours}:{p.Left.Minutes:D2}";
}
