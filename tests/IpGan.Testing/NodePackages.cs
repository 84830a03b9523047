using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
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

    /// <summary>Fetches one package as it is, without what it depends on, and unpacks it into the folder <c>package</c>; skips the test where there is no npm, or no way to the registry.</summary>
    /// <param name="name">The package and its version, as <c>name@version</c>.</param>
    /// <param name="sha512">The archive's checksum, in base 64, as lock files have it.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task<TemporaryFolder> PackAsync(string name, string sha512, CancellationToken cancel)
    {
        var folder = new TemporaryFolder();
        try
        {
            string[] arguments = ["pack", name, "--ignore-scripts", "--fetch-timeout=20000", "--fetch-retries=1"];
            var (exitCode, output, errors) = await ChildProcess.RunAsync(new ProcessStartInfo("npm", arguments) { WorkingDirectory = folder.Path }, cancel);
            Assert.SkipWhen(exitCode != 0 && NetworkError().IsMatch(errors), $"{name} cannot be had here: {errors}");
            Assert.True(exitCode == 0, $"npm pack of {name} ended with {exitCode}:\n{errors}");
            await using var archive = File.OpenRead(Path.Combine(folder.Path, output.Trim().Split('\n')[^1].Trim()));
            Assert.Equal(sha512, Convert.ToBase64String(await SHA512.HashDataAsync(archive, cancel)));
            archive.Position = 0;
            await using var unpacked = new GZipStream(archive, CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(unpacked, folder.Path, overwriteFiles: false, cancel);
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
