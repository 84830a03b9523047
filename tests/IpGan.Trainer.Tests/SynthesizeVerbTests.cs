using IpGan.Testing;

namespace IpGan.Trainer.Tests;

public sealed class SynthesizeVerbTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task Rendered_heads_are_a_data_set_that_is_trained_on_alone_or_mixed_with_photos()
    {
        var made = await _workshop.Succeed("synthesize", "--assets", Assets(), "--out", "heads", "--people", "20", "--views", "3", "--size", "64");
        Assert.Matches(@"^heads: 60 pictures of 20 people in \S+ s", made[^1]);
        Assert.Equal(61, File.ReadAllLines(Path.Combine(_workshop.Folder, "heads", "faces.csv")).Length);

        var alone = await _workshop.Succeed("train", "--data", "heads", "--preset", "tiny.json", "--device", "cpu", "--precision", "float32", "--threads", "1", "--name", "alone");
        // One of the twenty is for validation.
        Assert.Contains("57 pictures, 19 people with several", alone[0], StringComparison.Ordinal);
        var mixed = await _workshop.Succeed(Workshop.Train("--mix", "heads=0.3", "--name", "mixed"));
        Assert.Contains("73 pictures, 23 people with several", mixed[0], StringComparison.Ordinal);

        var measured = await _workshop.Succeed("evaluate", "--data", ".", "--heads", "heads", "--from", "runs/mixed", "--device", "cpu");
        Assert.Contains(measured, line => line.Contains("rendered heads, exact angles", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_contact_sheet_shows_each_person_in_a_row()
    {
        await _workshop.Succeed("synthesize", "--assets", Assets(), "--sheet", "sheet.png", "--people", "2", "--views", "4", "--size", "64");
        Assert.Equal((4 * 66 + 2, 2 * 66 + 2), Png.Size(Path.Combine(_workshop.Folder, "sheet.png")));
    }

    private static string Assets() => SharedData.Folder("makehuman");
}
