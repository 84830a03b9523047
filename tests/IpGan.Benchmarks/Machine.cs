using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace IpGan.Benchmarks;

/// <summary>What the numbers were measured on.</summary>
internal sealed partial record Machine(string Processor, int Cores, string Runtime, string Slug)
{
    public static Machine Describe()
    {
        const string Info = "/proc/cpuinfo";
        var processor = File.Exists(Info)
            ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
        processor ??= RuntimeInformation.ProcessArchitecture.ToString();
        var slug = NoWord().Replace($"{processor} {Environment.ProcessorCount} cores".ToLowerInvariant(), "-").Trim('-');
        return new Machine(processor, Environment.ProcessorCount, RuntimeInformation.FrameworkDescription, slug);
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NoWord();
}
