using System.Text.Json;
using IpGan.Tests;
using IpGan.Training.Evaluation;
using IpGan.Training.Evaluation.Report;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class EvaluationReportTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 6, pictures: 6);
    private readonly NetworkSet _networks = new(TinyPreset.Value.Sizes, 4, CPU);

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    private EvaluationReport Run(FaceModel? previous = null, FaceJudge? judge = null) =>
        new Evaluator(_networks, _data.Load()) { Previous = previous, Judges = judge is null ? [] : [judge] }.Run();

    [Fact]
    public void The_model_and_its_baselines_are_measured_on_the_same_rotations_by_each_judge()
    {
        using var same = FaceModel.Of(_networks);
        using var other = new NetworkSet(TinyPreset.Value.Sizes, 4, CPU);
        using var otherModel = FaceModel.Of(other);
        using var judge = FaceJudge.Of(otherModel, "other");
        var report = Run(same, judge);
        Assert.Equal(
            [("this model", "own encoder"), ("this model", "other"), ("input copied", "own encoder"), ("input copied", "other"), ("previous", "own encoder"), ("previous", "other")],
            report.Comparisons.Select(c => (c.Model, c.Judge)));
        // The previous model is this model.
        Assert.Equal(report.Comparisons[0].Bins, report.Comparisons[4].Bins);
        Assert.Equal(report.Rotation, report.Comparisons[0].Bins);
        Assert.Equal(["previous", "other"], report.Others.Select(o => o.Name));
        Assert.Equal(report.FrontalProfile.AreaUnderCurve, report.Others[0].FrontalProfile.AreaUnderCurve, 9);
        Assert.NotEqual(report.FrontalProfile.Threshold, report.Others[1].FrontalProfile.Threshold);
    }

    [Fact]
    public void Each_disturbance_is_measured_on_the_same_pairs()
    {
        var report = Run();
        Assert.Equal(["second photo tilted by 20°", "second photo tilted by 35°", "second photo with dark glasses"], report.Disturbed.Select(d => d.Name));
        Assert.All(report.Disturbed, d =>
        {
            Assert.Equal((report.FrontalFrontal.Pairs, report.FrontalProfile.Pairs), (d.FrontalFrontal.Pairs, d.FrontalProfile.Pairs));
            Assert.NotEqual(report.FrontalProfile.Threshold, d.FrontalProfile.Threshold);
        });
        Assert.Equal(JsonSerializer.Serialize(report.Disturbed), JsonSerializer.Serialize(Run().Disturbed));
    }

    [Fact]
    public void A_copied_input_is_judged_like_the_photo_that_it_is()
    {
        var faces = _data.Load();
        var report = Run();
        var copied = report.Comparisons.Single(c => c.Model == "input copied");
        // Each of the two people has two frontal photos: one is the source, the other the one that it is compared with.
        var frontal = Enumerable.Range(0, faces.Table.Faces.Count).Where(i => faces.Table.Faces[i] is { Validation: true, Frontal: true }).ToList();
        var vectors = new FaceVectors(_networks, faces).Identities(frontal);
        var expected = vectors.Chunk(2).Average(pair => FaceJudge.Score(pair[0], pair[1]) >= report.FrontalProfile.Threshold ? 1 : 0);
        Assert.All(copied.Bins, bin => Assert.Equal(expected, bin.IdentityKept));
        // Of one person's two and the other's two: which is compared with which depends on the draw.
        var across = (from one in vectors[..2] from other in vectors[2..] select FaceJudge.Score(one, other) >= report.FrontalProfile.Threshold ? 1.0 : 0).ToList();
        Assert.All(copied.Bins, bin => Assert.InRange(bin.TakenForOthers, across.Min(), across.Max()));
        Assert.Equal(report.Comparisons[0].Bins.Select(b => b.IdentityCeiling), copied.Bins.Select(b => b.IdentityCeiling));
        Assert.Equal(report.Comparisons[0].Bins.Select(b => b.YawErrorReal), copied.Bins.Select(b => b.YawErrorReal));
    }

    [Fact]
    public void The_page_holds_every_number_and_four_plots_and_names_the_grids()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_data.Folder, "report")).FullName;
        using var model = FaceModel.Of(_networks);
        var faces = _data.Load();
        var vectors = new FaceVectors(_networks, faces);
        var grids = new EvaluationGrids(model, faces, AnchorFit.Fit(_networks, faces), PriorFit.Fit(vectors, faces)).Write(folder);
        var report = Run();
        ReportFolder.Write(folder, "tiny <one>", report, grids);

        var page = File.ReadAllText(Path.Combine(folder, "report.html"));
        Assert.Contains("<h1>tiny &lt;one&gt;</h1>", page, StringComparison.Ordinal);
        Assert.Equal(4, page.Split("<svg").Length - 1);
        Assert.DoesNotContain("<?xml", page, StringComparison.Ordinal);
        Assert.Contains($"<td>{(report.FrontalProfile.AreaUnderCurve * 100).ToString("F1", System.Globalization.CultureInfo.InvariantCulture)} %</td>", page, StringComparison.Ordinal);
        Assert.Equal(["yaw.png", "people.png", "interpolation.png", "generated.png"], grids.Select(g => g.File));
        Assert.All(grids, g =>
        {
            Assert.Contains($"src=\"{g.File}\"", page, StringComparison.Ordinal);
            Assert.True(new FileInfo(Path.Combine(folder, g.File)).Length > 100);
        });
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.json")));
        Assert.Equal(report.FrontalProfile.Threshold, json.RootElement.GetProperty("frontalProfile").GetProperty("threshold").GetDouble());
    }

    [Fact]
    public void Without_angles_the_page_says_so_and_has_no_plot_of_rotation()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => string.Join(',', l.Split(',').Take(4))));
        var folder = Directory.CreateDirectory(Path.Combine(_data.Folder, "report")).FullName;
        ReportFolder.Write(folder, "tiny", Run(), []);
        var page = File.ReadAllText(Path.Combine(folder, "report.html"));
        Assert.Contains("The data set has no angles", page, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("<svg").Length - 1);
    }
}
