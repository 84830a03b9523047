using System.Diagnostics;

namespace IpGan.Observability.Tests;

/// <summary>Programs that Debian's package "prometheus" brings.</summary>
internal static class Tool
{
    public static void SkipUnlessThere(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name))),
        $"There is no {name}: apt-get install prometheus.");

    /// <summary>Runs one in the checkout's root; fails with its words if it does.</summary>
    public static async Task<string> RunAsync(string name, IEnumerable<string> arguments, CancellationToken cancel)
    {
        SkipUnlessThere(name);
        using var process = Process.Start(new ProcessStartInfo(name, arguments)
        {
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        var text = await output + await errors;
        Assert.True(process.ExitCode == 0, text);
        return text;
    }
}
