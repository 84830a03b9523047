using IpGan.Imaging;
using IpGan.Models;
using IpGan.Testing;
using SkiaSharp;

namespace IpGan.Trainer.Tests;

/// <summary>Whole photos become a data set that can be trained on; the face finder is a tiny one, which takes red for a face.</summary>
public sealed class PrepareVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PrepareVerbTests()
    {
        TinyPackages.Publish(At("models"), ModelRole.FaceFinder, "0000000a", 1);
        Photo("anna/first.jpg", (4, 3, TinyFinder.Face(large: true)));
        Photo("anna/second, larger.jpg", (1, 2, TinyFinder.Face(large: false)), (5, 3, TinyFinder.Face(large: true)));
        Photo("boris/1.jpg", (0, 2, TinyFinder.Face(large: false)));
        Photo("boris/none.jpg");
        File.WriteAllText(At("photos/boris/broken.jpg"), "no picture");
        File.CreateSymbolicLink(At("photos/boris/gone.jpg"), "nowhere");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Photos_become_squares_and_a_table_and_what_gives_nothing_is_told()
    {
        using var run = await TrainerProcess.Run(_folder.Path, "prepare", "photos", "--out", "set", "--models", "models");

        Assert.True(run.ExitCode == 0, string.Join('\n', run.Errors));
        Assert.StartsWith("set: 3 faces of 2 people from 6 photos, found by face-finder 1.", run.Output[^1], StringComparison.Ordinal);
        Assert.Contains(run.Errors, e => e.Contains("boris/none.jpg: No face was found", StringComparison.Ordinal));
        Assert.Contains(run.Errors, e => e.Contains("boris/broken.jpg: ", StringComparison.Ordinal));
        Assert.Contains(run.Errors, e => e.Contains("boris/gone.jpg: ", StringComparison.Ordinal));
        Assert.Contains(run.Errors, e => e.Contains("second, larger.jpg: ", StringComparison.Ordinal) && e.Contains("2 faces", StringComparison.Ordinal));

        var lines = await File.ReadAllLinesAsync(At("set/faces.csv"), TestContext.Current.CancellationToken);
        Assert.StartsWith(
            "path,source,identity,split,view,yaw,pitch,roll,sellion_x,sellion_y,mouth_x,mouth_y,valid_left,valid_top,valid_right,valid_bottom,source_side,descriptor_row,",
            lines[0], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
        var first = lines[1].Split(',');
        Assert.Equal(("first.jpg", "anna", "frontal"), (first[1], first[2], first[4]));
        // By the crop rule the points lie at these places of every square, whatever the yaw, but for the sideways move.
        Assert.Equal(80 - 0.12 / 2.6 * 160 - 160 / 5.2, double.Parse(first[9], System.Globalization.CultureInfo.InvariantCulture), 0.1);
        Assert.Equal(80 - 0.12 / 2.6 * 160 + 160 / 5.2, double.Parse(first[11], System.Globalization.CultureInfo.InvariantCulture), 0.1);
        // Boris's square begins left of his photo.
        Assert.True(double.Parse(lines[3].Split(',')[12], System.Globalization.CultureInfo.InvariantCulture) > 10);
        foreach (var line in lines.Skip(1))
        {
            var info = PictureDecoder.ReadInfo(await File.ReadAllBytesAsync(At($"set/{line.Split(',')[0]}"), TestContext.Current.CancellationToken));
            Assert.Equal((160, 160), (info.Width, info.Height));
        }
    }

    [Fact]
    public async Task A_signal_ends_it_and_leaves_nothing_in_the_way_of_the_next_start()
    {
        for (var i = 0; i < 5000; i++)
        {
            File.CreateSymbolicLink(At($"photos/anna/more-{i:D4}.jpg"), "first.jpg");
        }
        using var run = TrainerProcess.Start(_folder.Path, "prepare", "photos", "--out", "set", "--models", "models");
        await run.Until(() => Directory.Exists(At("set/images")));
        run.Send(Signal.Terminate);
        await run.Exited();
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("trainer: Stopped before it was done; 'set' is left empty.", run.Errors[^1]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(At("set")));
    }

    [Fact]
    public async Task A_folder_that_is_in_use_and_a_repository_without_a_finder_are_refused()
    {
        using var used = await TrainerProcess.Run(_folder.Path, "prepare", "photos", "--out", "photos", "--models", "models");
        Assert.Equal(1, used.ExitCode);
        Assert.Contains("is not empty", Assert.Single(used.Errors), StringComparison.Ordinal);
        using var none = await TrainerProcess.Run(_folder.Path, "prepare", "photos", "--out", "set", "--models", "nowhere");
        Assert.Contains("no face-finder package", Assert.Single(none.Errors), StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(_folder.Path, name);

    private void Photo(string name, params (int, int, SKColor)[] faces)
    {
        var path = At($"photos/{name}");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, TinyFinder.Photo(4, SKEncodedImageFormat.Jpeg, faces));
    }
}
