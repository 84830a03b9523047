using System.Text.RegularExpressions;
using IpGan.Testing;

namespace IpGan.Trainer.Tests;

/// <summary>What the README tells people to type; that the verbs do their work is tested elsewhere.</summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<string> Lines =>
        [.. TrainerLine().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "README.md"))).Select(m => m.Groups[1].Value.Trim())];

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_line_of_the_readme_is_understood(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // One verb has verbs of its own.
        string[] verb = words[0] == "finder" ? words[..2] : words[..1];
        using var process = await TrainerProcess.Run(Path.GetTempPath(), [.. verb, "--help"]);
        Assert.Equal(0, process.ExitCode);
        var help = string.Join('\n', process.Output);
        Assert.Contains($"trainer {string.Join(' ', verb)} ", help, StringComparison.Ordinal);
        // Followed by what it takes, or by nothing more.
        Assert.All(words.Where(w => w.StartsWith("--", StringComparison.Ordinal)), option => Assert.Matches($@"(?m)^\s+({option}|-\w, {option})(\s|$)", help));
    }

    [GeneratedRegex("^dotnet run --project trainer/IpGan.Trainer -c Release -- ([^#\\n]*)", RegexOptions.Multiline)]
    private static partial Regex TrainerLine();
}
