using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace IpGan.CommandLine;

/// <summary>How far a long verb is, beside its results: a bar on a terminal, elsewhere a line every ten seconds.</summary>
internal static class Bar
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    // Lines are told from any thread.
    private static volatile IAnsiConsole? _drawnOn;

    /// <summary>Runs work that tells how much of it is done.</summary>
    /// <param name="what">A word for the items.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="work">Is given what it calls after each item, from any thread.</param>
    public static async Task<T> RunAsync<T>(string what, int total, Func<Action, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(Lines(what, total));
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(what, maxValue: Math.Max(total, 1));
                _drawnOn = console;
                try
                {
                    return await work(() => task.Increment(1));
                }
                finally
                {
                    _drawnOn = null;
                }
            });
    }

    /// <summary>A line beside the results: above the bar while there is one, which would be drawn over what is written behind its back.</summary>
    public static void WriteLine(string line)
    {
        if (_drawnOn is { } console)
        {
            console.WriteLine(line);
        }
        else
        {
            Console.Error.WriteLine(line);
        }
    }

    private static Action Lines(string what, int total)
    {
        var (done, last) = (0, Stopwatch.GetTimestamp());
        var counting = new Lock();
        return () =>
        {
            lock (counting)
            {
                done++;
                if (Stopwatch.GetElapsedTime(last) >= LineInterval)
                {
                    last = Stopwatch.GetTimestamp();
                    Verb.Tell(string.Create(CultureInfo.InvariantCulture, $"{done} of {total} {what}"));
                }
            }
        };
    }
}
