using System.Text.Json;
using IpGan.Models;

namespace IpGan.Trainer.Tests;

public sealed class OtherVerbsTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task A_trained_run_is_drawn_measured_and_exported_and_its_weights_start_another()
    {
        await _workshop.Succeed(Workshop.Train());

        await _workshop.Succeed("grid", "--data", ".", "--from", "runs/tiny", "--device", "cpu", "--people", "1", "--out", "pictures/grid.png");
        // Nine references and a column of sources; a row of references, one person, and a row of new people.
        Assert.Equal(Png.GridSize(10, 3), Png.Size(Path.Combine(_workshop.Folder, "pictures", "grid.png")));

        var printed = await _workshop.Succeed("evaluate", "--data", ".", "--from", "runs/tiny", "--device", "cpu", "--out", "reports/report.json");
        Assert.Equal("2 people never trained on; model after 24 triples.", printed[0]);
        Assert.Contains(printed, line => line.Contains("frontal-profile", StringComparison.Ordinal));
        using (var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_workshop.Folder, "reports", "report.json"))))
        {
            Assert.Equal(2, report.RootElement.GetProperty("people").GetInt32());
            Assert.InRange(report.RootElement.GetProperty("frontalProfile").GetProperty("accuracy").GetDouble(), 0.5, 1);
            Assert.Equal(4, report.RootElement.GetProperty("rotation").GetArrayLength());
        }

        var exported = await _workshop.Succeed(
            "export", "--data", ".", "--from", "runs/tiny", "--models", "repository", "--data-note", "Drawn discs.", "--evaluate", "--weights", "weights/tiny.safetensors");
        Assert.Equal("weights: weights/tiny.safetensors", exported[0]);
        foreach (var (role, line) in ModelRoles.All.Zip(exported.Skip(1)))
        {
            Assert.Matches($@"^{role.Name()}/1: model\.onnx \d+\.\d MiB, parity \S+$", line);
            var package = ModelPackage.Open(new ModelRepository(Path.Combine(_workshop.Folder, "repository")).Folder(role, 1));
            var card = File.ReadAllText(Path.Combine(package.Folder, ModelPackage.CardFile));
            Assert.Contains("Drawn discs.", card, StringComparison.Ordinal);
            Assert.Contains("Measured on 2 people never trained on", card, StringComparison.Ordinal);
        }

        var output = await _workshop.Succeed(Workshop.Train("--name", "next", "--from", "weights/tiny.safetensors", "--triples", "32"));
        Assert.Contains("from weights/tiny.safetensors (24 triples)", output[0], StringComparison.Ordinal);
        Assert.StartsWith("Stopped at 32 of 32 triples", output[^1], StringComparison.Ordinal);
    }
}
