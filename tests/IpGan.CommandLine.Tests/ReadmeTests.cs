using IpGan.Client;
using IpGan.V1;

namespace IpGan.CommandLine.Tests;

/// <summary>What clients/README.md shows, done as it stands there.</summary>
public sealed class ReadmeTests(TinySystem system) : IpGanTest(system)
{
    private readonly TinySystem _system = system;

    private static string Readme { get; } = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));

    private static string[] Block(string language) => Readme.Split($"```{language}\n")[1].Split("```")[0].TrimEnd().Split('\n');

    private void PrepareFolder()
    {
        Photo("anna.png", 1);
        Photo("anna2.png", 2);
        Photo("boris.png", 3);
        Photo("faces/anna/1.png", 1);
        Photo("faces/boris/1.png", 3);
        File.WriteAllBytes(Path.Combine(Folder, "photo.png"), Pictures.Photo(400, 300, SkiaSharp.SKEncodedImageFormat.Png));
    }

    [Fact]
    public async Task Its_lines_run()
    {
        PrepareFolder();
        var lines = Block("sh").Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0).ToList();
        Assert.Equal(14, lines.Count);
        foreach (var line in lines)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("ipgan", words[0]);
            await ExpectAsync(0, words[1..]);
        }
        Assert.Contains("photo_01_yaw-60.webp", FilesIn("turn"));
        Assert.Equal(10 + 3, FilesIn("more").Length);
        Assert.Contains("anna_three-quarter-left.png", FilesIn("drawn"));
    }

    [Fact]
    public async Task Its_program_is_this_one()
    {
        PrepareFolder();
        var before = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(Folder);
        try
        {
            await SampleAsync(_system.Address);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
        Assert.True(File.Exists(Path.Combine(Folder, "left.png")));
        var own = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "ReadmeTests.cs"), Cancel);
        Assert.Contains(string.Join('\n', Block("csharp").Select(l => l.Length == 0 ? l : "        " + l)), own, StringComparison.Ordinal);
    }

#pragma warning disable CA1849 // It is to be read, not to be fast.
    private static async Task SampleAsync(string address)
    {
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [new Uri(address)] });

        var anna = new Photo(File.ReadAllBytes("anna.png"));
        var turned = await client.RotateAsync(new RotationRequest(Person.In(anna), [Pose.At(yaw: -45), Pose.Named(PosePreset.Frontal)]));
        File.WriteAllBytes("left.png", turned.Pictures[0].Content.ToArray());

        // Many: answers come in order, as fast as they are taken; one that fails does not end the others. A sequence that throws (a file that cannot be read, here) ends
        // them: its exception comes after the answers to what it gave before.
        var requests = Directory.EnumerateFiles("faces", "*.png", SearchOption.AllDirectories).ToAsyncEnumerable()
            .Select(file => new RotationRequest(Person.In(new Photo(File.ReadAllBytes(file))), [Pose.At(30)]) { Id = file });
        await foreach (var result in client.RotateManyAsync(requests))
        {
            Console.WriteLine(result.Succeeded ? $"{result.Id}: {result.Value.Pictures[0].Size} px" : $"{result.Id}: {result.Error.Message}");
        }

        // Vectors know their space: comparing those of two spaces throws a SpaceMismatchException that names both and the ways out.
        var boris = await client.EmbedAsync(new Photo(File.ReadAllBytes("boris.png")));
        Console.WriteLine(turned.Identity.CosineTo(boris));
    }
#pragma warning restore CA1849
}
