using System.Diagnostics;

namespace IpGan.Testing;

/// <summary>What tests need from npm's registry, by a lock file beside the test.</summary>
public static class NodePackages
{
    /// <summary>Copies a folder of the test's output and installs what its lock file says; skips the test where that is not possible.</summary>
    public static async Task<TemporaryFolder> InstallAsync(string name, CancellationToken cancel)
    {
        var folder = new TemporaryFolder();
        try
        {
            foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, name)))
                File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
            using var npm = Start(folder, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            await npm.WaitForExitAsync(cancel);
            if (npm.ExitCode != 0)
                throw new InvalidOperationException($"npm ci ended with {npm.ExitCode}");
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            folder.Dispose();
            Assert.Skip($"{name} cannot be had here: {e.Message}");
        }
        return folder;
    }

    /// <summary>Starts a program and waits for the line that begins so; the process and the rest of the line.</summary>
    public static async Task<(Process Process, string Place)> ServeAsync(TemporaryFolder folder, string[] arguments, string listening, CancellationToken cancel)
    {
        var process = Start(folder, "node", arguments);
        for (var line = ""; line is not null; line = await process.StandardOutput.ReadLineAsync(cancel))
        {
            if (line.StartsWith(listening, StringComparison.Ordinal))
                return (process, line[listening.Length..]);
        }
        throw new InvalidOperationException($"{arguments[0]} ended before it listened.");
    }

    private static Process Start(TemporaryFolder folder, string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder.Path, RedirectStandardOutput = true })!;
}
