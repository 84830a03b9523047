namespace IpGan.CommandLine.Tests;

/// <summary>What cannot work is said in one line, with the code that scripts look at.</summary>
public sealed class WrongUseTests(TinySystem system) : IpGanTest(system)
{
    [Theory]
    [InlineData("'embd'", "embd")]
    [InlineData("--store", "search", "index", ".")]
    [InlineData("'x'", "embed", "a.png", "--sellion", "x", "--mouth", "1,2")]
    [InlineData("neither", "embed", "a.png", "--sellion", "1,2")]
    [InlineData("--face-yaw", "embed", "a.png", "--face-yaw", "3")]
    [InlineData("'left'", "rotate", "a.png", "--yaw", "left")]
    [InlineData("sideways", "rotate", "a.png", "--preset", "sideways")]
    [InlineData("yaw+5", "rotate", "a.png", "--yaw", "5,5")]
    [InlineData("no pose", "rotate", "a.png", "--yaw", "")]
    [InlineData("bmp", "rotate", "a.png", "--format", "bmp")]
    [InlineData("nowhere", "augment", "nowhere", "--out", "o")]
    [InlineData("empty", "augment", "empty", "--out", "o")]
    [InlineData("--out", "augment", ".", "--out", ".")]
    [InlineData("--out", "augment", ".", "--out", "..more")]
    [InlineData("--out", "augment", ".", "--out", "empty/more")]
    [InlineData("--top", "search", "find", "a.png", "--store", "a.faces", "--top", "0")]
    [InlineData("0 people", "sample", "--count", "0")]
    [InlineData("'judge'", "models", "pin", "judge", "1")]
    [InlineData("before version 1", "models", "rollback", "generator")]
    [InlineData("ftp://x", "models", "list", "--address", "ftp://x")]
    public async Task Wrong_use_is_2(string words, params string[] arguments)
    {
        Photo("a.png", 1);
        Directory.CreateDirectory(Path.Combine(Folder, "empty"));
        var run = await ExpectAsync(2, arguments);
        Assert.Contains(words, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.TrimEnd().Split('\n'));
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("nothing.png", "rotate", "nothing.png")]
    [InlineData("not a picture", "rotate", "text.png")]
    [InlineData("http://127.0.0.1:1", "models", "list", "--address", "http://127.0.0.1:1")]
    [InlineData("nothing.faces", "search", "find", "a.png", "--store", "nothing.faces")]
    [InlineData("no face file", "search", "find", "a.png", "--store", "text.png")]
    [InlineData("127.0.0.1:1", "search", "find", "a.png", "--store", "postgres://nobody@127.0.0.1:1/faces")]
    [InlineData("nowhere.invalid", "search", "find", "a.png", "--store", "postgres://nobody@nowhere.invalid/faces")]
    [InlineData("99", "models", "pin", "generator", "99")]
    public async Task A_failure_is_1(string words, params string[] arguments)
    {
        Photo("a.png", 1);
        await File.WriteAllTextAsync(Path.Combine(Folder, "text.png"), "this is text", Cancel);
        var run = await ExpectAsync(1, arguments);
        Assert.Contains(words, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.TrimEnd().Split('\n'));
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Why_it_waits_for_a_gateway_is_told_and_without_a_photo_it_does_not_wait()
    {
        Photo("a.png", 1);
        using (var waiting = IpGanProcess.Start(Folder, "http://127.0.0.1:1", "embed", "a.png"))
        {
            await waiting.UntilAsync(() => waiting.Told.Count > 0);
            Assert.StartsWith("ipgan: No gateway answers at http://127.0.0.1:1: ", waiting.Told.First(), StringComparison.Ordinal);
            Assert.EndsWith(" (trying again, 14 times in a row at most)", waiting.Told.First(), StringComparison.Ordinal);
        }
        var run = await ExpectAsync(1, "embed", "nothing.png", "--address", "http://127.0.0.1:1");
        Assert.StartsWith("ipgan: nothing.png: ", Assert.Single(run.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_the_manual_and_shells_can_complete()
    {
        var help = (await ExpectAsync(0, "--help")).Output;
        Assert.All(["embed", "augment", "Exit code", "IPGAN_ADDRESS", "suggest"], words => Assert.Contains(words, help, StringComparison.Ordinal));
        Assert.Contains("augment", (await ExpectAsync(0, "[suggest:9]", "ipgan aug")).Output, StringComparison.Ordinal);
        Assert.Contains("three-quarter-left", (await ExpectAsync(0, "[suggest:29]", "ipgan rotate a.png --preset ")).Output, StringComparison.Ordinal);
    }
}
