using System.Security.Cryptography;
using System.Text.Json;
using IpGan.Models;
using IpGan.Tests;

namespace IpGan.Trainer.Tests;

public sealed class OtherVerbsTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task A_trained_run_is_drawn_measured_and_exported_and_its_weights_start_another()
    {
        await _workshop.Succeed(Workshop.Train());

        // The data set that is taken where none is given is not that of this run; its card would say so all the same.
        using (var others = new TinyDataSet(people: 5))
        {
            Directory.Move(others.Folder, Directory.CreateDirectory(Path.Combine(_workshop.Folder, "shared", "data")).FullName + "/faces");
            Directory.CreateDirectory(others.Folder);
            var refused = TrainerHere.Run(Directory.CreateDirectory(Path.Combine(_workshop.Folder, "elsewhere")).FullName, "export", "--from", "../runs/tiny", "--models", "refused");
            Assert.Contains("'../runs/tiny' was trained on other people than those of '../shared/data/faces'", Assert.Single(refused.Errors), StringComparison.Ordinal);
            Assert.False(Directory.Exists(Path.Combine(_workshop.Folder, "elsewhere", "refused")));
        }

        await _workshop.Succeed("grid", "--data", ".", "--from", "runs/tiny", "--device", "cpu", "--people", "1", "--out", "pictures/grid.png");
        // Nine references and a column of sources; a row of references, one person, and a row of new people.
        Assert.Equal(Png.GridSize(10, 3), Png.Size(Path.Combine(_workshop.Folder, "pictures", "grid.png")));

        using (var refused = await _workshop.Run("evaluate", "--data", ".", "--from", "runs/tiny", "--device", "cpu", "--out", "tiny.json"))
        {
            Assert.Contains("tiny.json", Assert.Single(refused.Errors), StringComparison.Ordinal);
            // Before anything is measured.
            Assert.Empty(refused.Output);
        }
        var printed = await _workshop.Succeed("evaluate", "--data", ".", "--from", "runs/tiny", "--device", "cpu", "--out", "reports/tiny", "--previous", "runs/tiny",
            "--augmentation", "--augmentation-pictures", "64");
        Assert.Equal("2 people never trained on; model after 24 triples.", printed[0]);
        Assert.Contains(printed, line => line.Contains("frontal-profile", StringComparison.Ordinal));
        using (var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_workshop.Folder, "reports", "tiny", "report.json"))))
        {
            Assert.Equal(2, report.RootElement.GetProperty("people").GetInt32());
            Assert.InRange(report.RootElement.GetProperty("frontalProfile").GetProperty("accuracy").GetDouble(), 0.5, 1);
            Assert.Equal(4, report.RootElement.GetProperty("rotation").GetArrayLength());
            Assert.Equal(6, report.RootElement.GetProperty("augmentation").GetProperty("recognisers").GetArrayLength());
            Assert.Equal(["this model", "input copied", "previous"], report.RootElement.GetProperty("comparisons").EnumerateArray().Select(c => c.GetProperty("model").GetString()));
        }

        var page = File.ReadAllText(Path.Combine(_workshop.Folder, "reports", "tiny", "report.html"));
        Assert.Equal(4, page.Split("<svg").Length - 1);
        Assert.Contains("<h2>Turned views as training data</h2>", page, StringComparison.Ordinal);
        foreach (var grid in System.Text.RegularExpressions.Regex.Matches(page, "src=\"([^\"]+)\"").Select(m => m.Groups[1].Value))
        {
            Assert.True(File.Exists(Path.Combine(_workshop.Folder, "reports", "tiny", grid)), grid);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(Path.Combine(_workshop.Folder, "key.pem"), key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        var exported = await _workshop.Succeed(
            "export", "--data", ".", "--from", "runs/tiny", "--models", "repository", "--data-note", "Drawn discs.", "--evaluate", "--weights", "weights/tiny.safetensors", "--sign", "key.pem");
        Assert.Equal("weights: weights/tiny.safetensors", exported[0]);
        foreach (var (role, line) in ModelRoles.Rotation.Zip(exported.Skip(1)))
        {
            Assert.Matches($@"^{role.Name()}/1: model\.onnx \d+\.\d MiB, parity \S+$", line);
            var package = ModelPackage.Open(new ModelRepository(Path.Combine(_workshop.Folder, "repository")).Folder(role, 1));
            var card = File.ReadAllText(Path.Combine(package.Folder, ModelPackage.CardFile));
            Assert.Contains("Drawn discs.", card, StringComparison.Ordinal);
            Assert.Contains("Measured on 2 people never trained on", card, StringComparison.Ordinal);
            PackageSignature.Verify(package, key);
        }

        var output = await _workshop.Succeed(Workshop.Train("--name", "next", "--from", "weights/tiny.safetensors", "--triples", "32"));
        Assert.Contains("from weights/tiny.safetensors (24 triples)", output[0], StringComparison.Ordinal);
        Assert.StartsWith("Stopped at 32 of 32 triples", output[^1], StringComparison.Ordinal);

        var bridged = await _workshop.Succeed("export", "--data", ".", "--from", "runs/next", "--models", "repository", "--data-note", "Drawn discs.", "--bridge-from", "repository/identity-encoder/1");
        ModelPackage Encoder(int version) => ModelPackage.Open(new ModelRepository(Path.Combine(_workshop.Folder, "repository")).Folder(ModelRole.IdentityEncoder, version));
        var from = Encoder(1).Manifest.IdentitySpace!.Name;
        Assert.StartsWith($"bridge from {from}: found first ", bridged[1], StringComparison.Ordinal);
        Assert.Equal(from, Assert.Single(Encoder(2).ReadBridges()).Key);
    }

    [Fact]
    public async Task An_encoder_is_trained_into_a_published_space_and_refused_where_it_does_not_speak_it()
    {
        await _workshop.Succeed(Workshop.Train());
        await _workshop.Succeed("export", "--data", ".", "--from", "runs/tiny", "--data-note", "Drawn discs.");
        var repository = new ModelRepository(Path.Combine(_workshop.Folder, "models"));
        var space = ModelPackage.Open(repository.Folder(ModelRole.IdentityEncoder, 1)).Manifest.IdentitySpace!.Name;

        using (var unknown = await _workshop.Run(Workshop.Train("--into", "identity-none")))
        {
            Assert.Contains("no generator with both encoders", Assert.Single(unknown.Errors), StringComparison.Ordinal);
        }
        var table = await File.ReadAllTextAsync(_workshop.Csv, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_workshop.Csv, table.Replace(",profile,", ",any,", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using (var immeasurable = await _workshop.Run(Workshop.Train("--into", space)))
        {
            Assert.StartsWith("trainer: What is trained --into a space could not be exported", Assert.Single(immeasurable.Errors), StringComparison.Ordinal);
        }
        await File.WriteAllTextAsync(_workshop.Csv, table, TestContext.Current.CancellationToken);
        var trained = await _workshop.Succeed(Workshop.Train("--into", space, "--name", "update", "--seed", "2"));
        Assert.StartsWith("Stopped at 32 of 32 pictures", trained[^1], StringComparison.Ordinal);
        using (var forgotten = await _workshop.Run(Workshop.Train("--name", "update")))
        {
            Assert.Equal($"trainer: 'runs/update' is an update into '{space}': give --into {space}, or another --name.", Assert.Single(forgotten.Errors));
        }
        using (var measured = await _workshop.Run("export", "--data", ".", "--from", "runs/update", "--data-note", "Drawn discs.", "--evaluate"))
        {
            Assert.Contains("without --evaluate and --judge", Assert.Single(measured.Errors), StringComparison.Ordinal);
        }
        using var exported = await _workshop.Run("export", "--data", ".", "--from", "runs/update", "--data-note", "Drawn discs.");
        Assert.Contains("agreement with the old identity-encoder on 8 photos", exported.Output[0], StringComparison.Ordinal);
        Assert.Contains("Nothing was published", Assert.Single(exported.Errors), StringComparison.Ordinal);
        Assert.Equal([1], repository.Versions(ModelRole.IdentityEncoder));
    }
}
