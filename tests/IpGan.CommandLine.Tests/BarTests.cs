using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace IpGan.CommandLine.Tests;

/// <summary>What a long verb shows on a terminal.</summary>
public sealed class BarTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_told_stands_above_the_bar()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "Nothing lends a terminal.");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "faces"));
        var gate = Path.Combine(_folder.Path, "faces/1.png");
        Gate.Create(gate);
        // It holds no place: the photo is read and not sent.
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "places.csv"), "path,sellion_x,sellion_y,mouth_x,mouth_y\n", Cancel);
        var start = new ProcessStartInfo("/usr/bin/script",
            ["-qefc", $"stty cols 100; '{IpGanProcess.Program}' search index faces --places places.csv --store people.faces", "/dev/null"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm";
        // On which no bar is drawn.
        start.Environment.Remove("GITHUB_ACTIONS");
        using var process = Process.Start(start)!;
        var written = new StringBuilder();
        var buffer = new char[4096];
        for (var opened = false; await process.StandardOutput.ReadAsync(buffer, Cancel) is > 0 and var read;)
        {
            written.Append(buffer, 0, read);
            // Once the bar is there, the photo may be read.
            if (!opened && written.ToString().Contains("photos ", StringComparison.Ordinal))
            {
                Gate.Open(gate);
                opened = true;
            }
        }
        await process.WaitForExitAsync(Cancel);
        var screen = Screen(written.ToString());
        var told = screen.FindIndex(line => line.TrimEnd() == "ipgan: 1.png: places.csv has no line for it.");
        var bar = screen.FindIndex(line => line.StartsWith("photos ", StringComparison.Ordinal));
        Assert.True(told >= 0 && told < bar, string.Join('\n', screen));
    }

    /// <summary>The lines that a terminal shows in the end: of its commands "up" is all that moves the place where it writes.</summary>
    private static List<string> Screen(string written)
    {
        var lines = new List<StringBuilder> { new() };
        var (row, column) = (0, 0);
        for (var i = 0; i < written.Length; i++)
        {
            switch (written[i])
            {
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    row++;
                    break;
                case '\e' when written[i + 1] == '[':
                    var end = i + 2 + written.AsSpan(i + 2).IndexOfAnyInRange('@', '~');
                    row -= written[end] == 'A' ? int.Parse(written.AsSpan(i + 2, end - i - 2), CultureInfo.InvariantCulture) : 0;
                    i = end;
                    break;
                case '\e':
                    i++;
                    break;
                default:
                    while (lines.Count <= row)
                    {
                        lines.Add(new StringBuilder());
                    }
                    lines[row].Append(' ', Math.Max(0, column + 1 - lines[row].Length))[column++] = written[i];
                    break;
            }
        }
        return [.. lines.Select(l => l.ToString())];
    }
}
