using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IpGan.Testing;

/// <summary>What tests need from npm's registry, by a lock file beside the test.</summary>
public static partial class NodePackages
{
    /// <summary>Copies a folder of the test's output and installs what its lock file says; skips the test where there is no npm, or no way to the registry.</summary>
    public static async Task<TemporaryFolder> InstallAsync(string name, CancellationToken cancel)
    {
        var folder = new TemporaryFolder();
        try
        {
            foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, name)))
                File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
            // npm's own patience with a registry that does not answer is many minutes.
            string[] arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=20000", "--fetch-retries=1"];
            var (exitCode, _, errors) = await ChildProcess.RunAsync(new ProcessStartInfo("npm", arguments) { WorkingDirectory = folder.Path }, cancel);
            Assert.SkipWhen(exitCode != 0 && NetworkError().IsMatch(errors), $"{name} cannot be had here: {errors}");
            Assert.True(exitCode == 0, $"npm ci of {name} ended with {exitCode}:\n{errors}");
            return folder;
        }
        catch (Exception e)
        {
            folder.Dispose();
            Assert.SkipWhen(e is Win32Exception, $"{name} cannot be had here: {e.Message}");
            throw;
        }
    }

    /// <summary>Starts a program and waits for the line that begins so; the process and the rest of the line.</summary>
    public static async Task<(Process Process, string Place)> ServeAsync(TemporaryFolder folder, string[] arguments, string listening, CancellationToken cancel)
    {
        var process = Process.Start(new ProcessStartInfo("node", arguments) { WorkingDirectory = folder.Path, RedirectStandardOutput = true })!;
        try
        {
            for (var line = ""; line is not null; line = await process.StandardOutput.ReadLineAsync(cancel))
            {
                if (line.StartsWith(listening, StringComparison.Ordinal))
                    return (process, line[listening.Length..]);
            }
            throw new InvalidOperationException($"{arguments[0]} ended before it listened.");
        }
        catch
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            throw;
        }
    }

    // What npm calls the system's and its own errors on the way to the registry, and a registry that is out of order.
    [GeneratedRegex(@"\bcode (ENOTFOUND|EAI_AGAIN|EAI_FAIL|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR|E5\d\d)\b")]
    private static partial Regex NetworkError();
}
