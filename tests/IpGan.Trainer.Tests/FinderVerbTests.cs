using IpGan.Models;
using IpGan.Testing;

namespace IpGan.Trainer.Tests;

public sealed class FinderVerbTests : IDisposable
{
    private static readonly string Sample = Path.Combine(Checkout.Root, "trainer", "sample");

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task A_finder_is_trained_drawn_and_exported_from_rendered_heads_alone()
    {
        var trained = await _workshop.Succeed("finder", "train", "--data", Sample, "--steps", "2", "--threads", "1");
        Assert.Matches(@"^Run .+finder: \d+ faces, step 0 of 2\.$", trained[0]);
        Assert.Matches(@"^Stopped at step 2 of 2\. Checkpoint: .+finder\.safetensors\.$", trained[^1]);

        await _workshop.Succeed("finder", "grid", "--data", Sample, "--from", "runs/finder", "--out", "pictures/finder.png");
        Assert.Equal((4 * 386 + 2, 3 * 386 + 2), Png.Size(Path.Combine(_workshop.Folder, "pictures", "finder.png")));

        string[] export = ["finder", "export", "--data", Sample, "--from", "runs/finder", "--heads", Sample, "--models", "models", "--scenes", "3"];
        using (var silent = await _workshop.Run(export))
        {
            Assert.Contains("--data-note", string.Join('\n', silent.Errors), StringComparison.Ordinal);
        }
        var exported = await _workshop.Succeed([.. export, "--data-note", "Rendered heads.", "--weights", "weights/finder.safetensors"]);
        Assert.Matches(@"^face-finder/1: model\.onnx 0\.\d MiB, parity \S+$", exported[0]);
        Assert.Matches(@"^threshold 0\.\d+: recall ", exported[1]);
        ModelPackage.Open(Path.Combine(_workshop.Folder, "models", "face-finder", "1"));
        await _workshop.Succeed("finder", "grid", "--photos", Path.Combine(Sample, "images", "mh-1-00000"), "--from", "weights/finder.safetensors", "--out", "photos.png");
    }
}
