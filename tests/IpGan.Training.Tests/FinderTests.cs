using System.Numerics;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Onnx;
using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Finding;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class FinderTests : IDisposable
{
    private readonly TinyDataSet _data = new();
    private readonly Lazy<TrainingFaces> _faces;

    public FinderTests()
    {
        _data.AddColumns("sellion_x,sellion_y,mouth_x,mouth_y,side", _ => "16,10.5,16,22.8,32");
        _faces = new(() => _data.Load());
    }

    public void Dispose() => _data.Dispose();

    private SceneComposer Composer => SceneComposer.Validation(_faces.Value);

    private static FaceScene Scene(params FacePlace[] faces) => new(640, [], faces);

    private static FacePlace Face(float x, float y, float s, float yaw = 0) => new(new(x, y - s / 2), new(x, y + s / 2), yaw);

    [Theory]
    [InlineData(28, 0)]
    [InlineData(120, 1)]
    [InlineData(250, 2)]
    [InlineData(500, 3)]
    public void A_face_is_asked_of_the_grid_of_its_size_and_its_place_can_be_read_back(float square, int level)
    {
        var face = Face(300, 331, square / 2.6f, yaw: 45);
        var targets = FinderTargets.Create([Scene(face)]);
        for (var i = 0; i < targets.Count; i++)
        {
            Assert.Equal(i == level ? 1 : 0, targets[i].Heat.eq(1).sum().item<long>());
        }
        var (t, stride) = (targets[level], FinderNetwork.Strides[level]);
        var middle = CropRule.Square(face).Centre;
        var (column, row) = ((int)(middle.X / stride), (int)(middle.Y / stride));
        Assert.Equal(1, t.Heat[0, 0, row, column].item<float>());
        float Number(int c, float cell) => cell + t.Places[0, c, row, column].item<float>() * FinderNetwork.CellsPerUnit * stride;
        var (x, y) = ((column + 0.5f) * stride, (row + 0.5f) * stride);
        Assert.Equal(face.Sellion.X, Number(0, x), 1e-3f);
        Assert.Equal(face.Sellion.Y, Number(1, y), 1e-3f);
        Assert.Equal(face.Mouth.X, Number(2, x), 1e-3f);
        Assert.Equal(face.Mouth.Y, Number(3, y), 1e-3f);
        Assert.Equal(0.5f, t.Places[0, 4, row, column].item<float>(), 1e-6f);
    }

    [Fact]
    public void Faces_that_are_too_small_or_nearly_of_a_grids_size_are_not_held_against_it()
    {
        Assert.All(FinderTargets.Create([Scene(Face(100, 100, 5))]), t => Assert.Equal(0, t.Heat.sum().item<float>()));
        var targets = FinderTargets.Create([Scene(Face(100, 100, 100 / 2.6f))]);
        Assert.True(targets[0].Counts.eq(0).any().item<bool>());
        Assert.True(targets[1].Heat.eq(1).any().item<bool>());
        Assert.False(targets[2].Counts.eq(0).any().item<bool>());
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.5, false)]
    [InlineData(-0.3, true)]
    public void Points_come_to_lie_where_the_scene_says(double turn, bool mirror)
    {
        const int Size = 32;
        var rgb = new byte[3 * Size * Size];
        // A white spot around (9, 21) on black.
        foreach (var (dx, dy) in from dx in Enumerable.Range(-1, 3) from dy in Enumerable.Range(-1, 3) select (dx, dy))
        {
            rgb.AsSpan(3 * ((21 + dy) * Size + 9 + dx), 3).Fill(255);
        }
        var canvas = new SceneCanvas(200, 200);
        var centre = new Vector2(90, 110);
        new FacePaste(rgb, Size, 100, mirror).Draw(canvas, new Random(1), centre, 100, (float)turn, whole: true);
        var spot = new PicturePoint((mirror ? Size - 9.5f : 9.5f) / Size, 21.5f / Size);
        var expected = FacePaste.Move(spot, centre, 100, (float)turn);
        var (x, y, weight) = (0.0, 0.0, 0.0);
        for (var j = 0; j < 200; j++)
        {
            for (var i = 0; i < 200; i++)
            {
                (x, y, weight) = (x + (i + 0.5) * canvas[i, j].X, y + (j + 0.5) * canvas[i, j].X, weight + canvas[i, j].X);
            }
        }
        Assert.Equal(expected.X, x / weight, 0.6);
        Assert.Equal(expected.Y, y / weight, 0.6);
    }

    [Fact]
    public void A_seed_makes_a_scene_and_another_seed_another()
    {
        var scene = Composer.Compose(new Random(4), 128);
        Assert.Equal(scene.Pixels, Composer.Compose(new Random(4), 128).Pixels);
        Assert.NotEqual(scene.Pixels, Composer.Compose(new Random(5), 128).Pixels);
        Assert.All(scene.Pixels, p => Assert.InRange(p, -1, 1));
    }

    [Fact]
    public void A_data_set_that_does_not_tell_where_faces_are_is_refused_by_name()
    {
        using var plain = new TinyDataSet();
        var error = Assert.Throws<DataSetException>(() => SceneComposer.Training(plain.Load()));
        Assert.Contains("sellion_x, sellion_y, mouth_x, mouth_y", error.Message, StringComparison.Ordinal);
        Assert.Contains("0.png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_tells_a_good_finder_from_worse_ones()
    {
        static FoundFace Found(FacePlace place, float score) => new(place, score, CropRule.Square(place));
        FinderReport Report(Func<FaceScene, IEnumerable<FoundFace>> find) => FinderEvaluation.Run(s => [.. find(s)], Composer, 5);

        var perfect = Report(s => s.Faces.Select(f => Found(f, 0.9f)));
        Assert.Equal((1, 1, 0), (perfect.Recall, perfect.Precision, perfect.PointError));
        Assert.All(perfect.Yaws.Where(b => b.Faces > 0), b => Assert.Equal(0, b.YawError));

        FacePlace Moved(FacePlace f) => new(f.Sellion with { X = f.Sellion.X + S(f) / 10 }, f.Mouth with { X = f.Mouth.X + S(f) / 10 }, f.Yaw);
        Assert.Equal(0.1, Report(s => s.Faces.Select(f => Found(Moved(f), 0.9f))).PointError, 1e-3);

        // What is wrong and less certain is kept out by the threshold; what is wrong and more certain is not.
        var doubtful = Report(s => [.. s.Faces.Select(f => Found(f, 0.9f)), Found(Face(600, 600, 12), 0.3f)]);
        Assert.Equal((1, 1), (doubtful.Recall, doubtful.Precision));
        Assert.InRange(doubtful.Threshold, 0.3, 0.9);
        Assert.True(Report(s => [.. s.Faces.Select(f => Found(f, 0.9f)), Found(Face(600, 600, 12), 0.95f)]).Precision < 1);
        Assert.Equal(0, Report(_ => []).Recall);
    }

    private static float S(FacePlace f) => Vector2.Distance(new(f.Sellion.X, f.Sellion.Y), new(f.Mouth.X, f.Mouth.Y));

    [Fact]
    public void A_run_that_was_stopped_goes_on_as_if_it_had_not_been()
    {
        string Folder(string name) => Path.Combine(_data.Folder, name);
        float[] Weights(FinderRun run) => [.. run.Network.parameters().SelectMany(p => p.detach().data<float>().ToArray())];
        using var whole = new FinderRun(SceneComposer.Training(_faces.Value), Folder("whole"), 2, seed: 3);
        whole.Train(TimeSpan.MaxValue, _ => { }, TestContext.Current.CancellationToken);

        using var stop = new CancellationTokenSource();
        using (var first = new FinderRun(SceneComposer.Training(_faces.Value), Folder("parts"), 2, seed: 3))
        {
            first.Train(TimeSpan.MaxValue, _ => stop.Cancel(), stop.Token);
            Assert.Equal(1, first.Steps);
        }
        using var second = new FinderRun(SceneComposer.Training(_faces.Value), Folder("parts"), 2, seed: 3);
        Assert.Equal(1, second.Steps);
        second.Train(TimeSpan.MaxValue, _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(2, second.Steps);
        Assert.Equal(Weights(whole), Weights(second));
    }

    [Fact]
    public void A_run_goes_on_with_the_people_that_it_was_begun_with()
    {
        var folder = Path.Combine(_data.Folder, "begun");
        using (var begun = new FinderRun(SceneComposer.Training(_faces.Value), folder, 1, seed: 3))
        {
            begun.Train(TimeSpan.MaxValue, _ => { }, TestContext.Current.CancellationToken);
        }
        // Somebody who was held back, and whom the run has not seen.
        File.WriteAllText(_data.Csv, File.ReadAllText(_data.Csv).Replace(",p5,validation,", ",p5,train,", StringComparison.Ordinal));
        var error = Assert.Throws<ArgumentException>(() => new FinderRun(SceneComposer.Training(_data.Load()), folder, 2, seed: 3));
        Assert.Contains("was begun with faces of other people", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_trained_on_under_another_name_is_in_no_scene_that_measures()
    {
        // p4 and p5, who are held back, look like p0 and p1.
        _data.AddColumns("descriptor_row", line => ((line - 2) / 4 % 4).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var rows = Enumerable.Range(0, 4 * 128).Select(i => i % 128 == i / 128 ? 1f : 0).ToArray();
        File.WriteAllBytes(Path.Combine(_data.Folder, "descriptors.f32"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(rows).ToArray());
        Assert.Contains("has no validation people", Assert.Throws<DataSetException>(() => Composer).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WeightStorage.Full)]
    [InlineData(WeightStorage.Half)]
    public void What_is_exported_finds_what_the_network_finds(WeightStorage storage)
    {
        manual_seed(5);
        using var network = new FinderNetwork();
        // Statistics of its own, so that folding them in can go wrong.
        using (no_grad())
        {
            network.train();
            network.Maps(rand(2, 3, 128, 128) * 2 - 1);
        }
        var repository = new ModelRepository(Path.Combine(_data.Folder, "models"));
        var (package, report) = FinderExporter.Export(network, 7, n => FinderEvaluation.Run(n, Composer, 2), Composer, repository.Root, storage, "Drawn discs.");
        Assert.True(package.LargestError < 1e-4);
        var opened = ModelPackage.Open(repository.Folder(ModelRole.FaceFinder, 1));
        Assert.Equal(report.Threshold, opened.Manifest.Finder!.Threshold);
        Assert.Equal([-1, 8500, 6], opened.Manifest.Outputs[0].Shape);
        Assert.Contains("Drawn discs.", File.ReadAllText(Path.Combine(repository.Folder(ModelRole.FaceFinder, 1), "card.md")), StringComparison.Ordinal);
        if (storage == WeightStorage.Half)
        {
            Assert.True(package.Bytes <= 1 << 20, $"{package.Bytes} bytes");
        }
    }

    [Fact]
    public void Weights_in_half_precision_are_read_back_and_other_files_are_refused()
    {
        using var network = new FinderNetwork();
        var file = Path.Combine(_data.Folder, "finder.safetensors");
        FinderWeights.SaveHalf(file, network, 12, people: null);
        using var again = new FinderNetwork();
        Assert.Equal((12L, (int?)null, (string?)null), FinderWeights.Load(file, again));
        var weight = (FinderNetwork n) => n.Stem.Conv.weight.detach().to(ScalarType.Float16).to(ScalarType.Float32).data<float>().ToArray();
        Assert.Equal(weight(network), weight(again));
        Checkpoints.SafeTensors.Write(file, [], new Dictionary<string, string>());
        Assert.Contains("no face finder's file", Assert.Throws<InvalidDataException>(() => FinderWeights.Load(file, again)).Message, StringComparison.Ordinal);
    }
}
