using System.Diagnostics;
using System.Text.RegularExpressions;
using IpGan.Imaging;

namespace IpGan.EndToEnd.Tests;

/// <summary>What the README tells people to type, typed: against the shipped packages, with a rendered head for a photo.</summary>
public sealed partial class ReadmeTests(ShippedModelsTests.ShippedCluster cluster) : IClassFixture<ShippedModelsTests.ShippedCluster>
{
    private const string Head = "trainer/sample/images/mh-1-00063/009.jpg";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The code block that contains a text.</summary>
    private static string Block(string text) => Blocks().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "README.md")))
        .Select(m => m.Groups[1].Value).Single(b => b.Contains(text, StringComparison.Ordinal));

    [Fact]
    public async Task The_rest_example_turns_a_photo()
    {
        using var folder = Folder();
        var script = Block("/v1/rotate").Replace("localhost:8080", cluster.Gateway.HttpAddress["http://".Length..], StringComparison.Ordinal);
        var output = await RunAsync(script, folder.Path);

        Assert.Contains("\"angles\":{\"yaw\":30,", output.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(PictureFormat.Png, PictureDecoder.ReadInfo(await File.ReadAllBytesAsync(Path.Combine(folder.Path, "turned.png"), Cancel)).Format);
    }

    [Fact]
    public async Task The_program_in_one_file_draws_a_new_person_and_the_one_in_a_photo()
    {
        var lines = Block("clients/examples/rotate.cs").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        foreach (var line in lines)
        {
            using var folder = Folder();
            await RunAsync(line.Replace("clients/", $"{Checkout.Root}/clients/", StringComparison.Ordinal), folder.Path);
            var drawn = Directory.GetFiles(folder.Path, "yaw*.png");
            Assert.Equal(7, drawn.Length);
            Assert.All(drawn, f => Assert.Equal(PictureFormat.Png, PictureDecoder.ReadInfo(File.ReadAllBytes(f)).Format));
        }
    }

    // photo.jpg, in which the points that the README names lie.
    private static TemporaryFolder Folder()
    {
        var folder = new TemporaryFolder();
        const int Side = 1024;
        var pixels = new byte[3 * Side * Side];
        FaceSquare.ReadRgb(File.ReadAllBytes(Path.Combine(Checkout.Root, Head)), null, Side, pixels);
        File.WriteAllBytes(Path.Combine(folder.Path, "photo.jpg"), PictureEncoder.JpegRgb(pixels, Side, Side));
        return folder;
    }

    private async Task<string> RunAsync(string script, string folder)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = folder,
            Environment = { ["IPGAN_ADDRESS"] = cluster.Gateway.GrpcAddress },
        };
        var (exitCode, output, errors) = await ChildProcess.RunAsync(start, Cancel);
        Assert.True(exitCode == 0, $"{script}\nended with {exitCode}:\n{output}\n{errors}");
        return output;
    }

    [GeneratedRegex("^```[a-z]*\\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
