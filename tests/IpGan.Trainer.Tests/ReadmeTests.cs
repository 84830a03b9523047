using System.Text.RegularExpressions;
using IpGan.Testing;

namespace IpGan.Trainer.Tests;

/// <summary>What the README tells people to type; that the verbs do their work is tested elsewhere.</summary>
public sealed partial class ReadmeTests
{
    // The words of each line by its verb; one verb has verbs of its own.
    private static readonly ILookup<string, string[]> Lines = TrainerLine().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "README.md")))
        .Select(m => m.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToLookup(words => words[0] == "finder" ? $"finder {words[1]}" : words[0]);

    public static TheoryData<string> Verbs => [.. Lines.Select(v => v.Key)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task The_lines_of_the_readme_are_understood(string verb)
    {
        using var process = await TrainerProcess.Run(Path.GetTempPath(), [.. verb.Split(' '), "--help"]);
        Assert.Equal(0, process.ExitCode);
        var help = string.Join('\n', process.Output);
        Assert.Contains($"trainer {verb} ", help, StringComparison.Ordinal);
        // Followed by what it takes, or by nothing more.
        Assert.All(Lines[verb].SelectMany(words => words).Where(w => w.StartsWith("--", StringComparison.Ordinal)), option => Assert.Matches($@"(?m)^\s+({option}|-\w, {option})(\s|$)", help));
    }

    [GeneratedRegex("^dotnet run --project trainer/IpGan.Trainer -c Release -- ([^#\\n]*)", RegexOptions.Multiline)]
    private static partial Regex TrainerLine();
}
