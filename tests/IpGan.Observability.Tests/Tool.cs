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
        var (exitCode, output, errors) = await ChildProcess.RunAsync(new ProcessStartInfo(name, arguments) { WorkingDirectory = Checkout.Root }, cancel);
        Assert.True(exitCode == 0, output + errors);
        return output + errors;
    }
}
