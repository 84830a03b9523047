using IpGan.Models;
using IpGan.Onnx;
using IpGan.Tests;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class BridgeFitTests : IDisposable
{
    private static readonly TrainingPreset Preset = TinyPreset.Value;
    private readonly TinyDataSet _data = new(people: 12, pictures: 6);
    private readonly TrainingFaces _faces;
    private readonly ModelRepository _repository;

    public BridgeFitTests()
    {
        _faces = _data.Load();
        _repository = new ModelRepository(Path.Combine(_data.Folder, "models"));
        using var old = Networks(1);
        Exporter(old).Export(_repository.Root, WeightStorage.Full, "Drawn discs.", evaluate: null);
    }

    public void Dispose() => _data.Dispose();

    private static NetworkSet Networks(int seed)
    {
        manual_seed(seed);
        return new NetworkSet(Preset.Sizes, classes: 10, CPU);
    }

    private PackageExporter Exporter(NetworkSet networks, params ModelPackage[] from) => new(networks, _faces, Preset, new RunState { Seed = 3 }) { BridgesFrom = from };

    private ModelPackage Open(ModelRole role, int version) => ModelPackage.Open(_repository.Folder(role, version));

    [Fact]
    public void Old_vectors_come_out_near_the_new_ones_of_people_that_it_was_not_fitted_to()
    {
        using var networks = Networks(2);
        Exporter(networks, Open(ModelRole.IdentityEncoder, 1)).Export(_repository.Root, WeightStorage.Full, "Drawn discs.", evaluate: null);
        var (old, renewed) = (Open(ModelRole.IdentityEncoder, 1), Open(ModelRole.IdentityEncoder, 2));
        var entry = Assert.Single(renewed.Manifest.Bridges!);
        Assert.Equal(old.Manifest.IdentitySpace, entry.From);

        using FaceJudge before = FaceJudge.Open(old.ModelPath), after = FaceJudge.Open(renewed.ModelPath);
        var held = Enumerable.Range(0, _faces.Table.Faces.Count).Where(i => _faces.Table.Faces[i].Validation).ToList();
        var (x, y) = (PhotoVectors.Of(_faces, held, before.Vectors), PhotoVectors.Of(_faces, held, after.Vectors));
        var bridge = renewed.ReadBridges()[entry.From.Name];
        var crossed = held.Average(i => FaceJudge.Score(bridge.Cross(x[i]), y[i]));
        Assert.InRange(crossed, 0.95, 1.0001);
        Assert.InRange(held.Average(i => FaceJudge.Score(x[i], y[i])), -1, crossed - 0.1);
        Assert.Contains($"Bridge from {entry.From.Name}", File.ReadAllText(Path.Combine(renewed.Folder, ModelPackage.CardFile)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_encoder_that_keeps_its_space_keeps_the_ways_into_it()
    {
        using var networks = Networks(2);
        Exporter(networks, Open(ModelRole.IdentityEncoder, 1)).Export(_repository.Root, WeightStorage.Full, "Drawn discs.", evaluate: null);
        Exporter(networks).Export(_repository.Root, WeightStorage.Full, "Drawn discs.", evaluate: null);
        var (first, kept) = (Open(ModelRole.IdentityEncoder, 2), Open(ModelRole.IdentityEncoder, 3));
        Assert.Equal(first.Manifest.IdentitySpace, kept.Manifest.IdentitySpace);
        Assert.Equal(Assert.Single(first.Manifest.Bridges!), Assert.Single(kept.Manifest.Bridges!));
        var way = first.Manifest.Bridges![0];
        Assert.Equal(first.Read(way.Path), kept.Read(way.Path));
        Assert.Contains($"Bridge from {way.From.Name}", File.ReadAllText(Path.Combine(kept.Folder, ModelPackage.CardFile)), StringComparison.Ordinal);
    }

    [Fact]
    public void To_the_very_same_encoder_nothing_is_lost()
    {
        using var networks = Networks(1);
        using var same = FaceModel.Of(networks);
        var m = BridgeFit.Fit(Open(ModelRole.IdentityEncoder, 1), same, _faces).Measured;
        Assert.Equal(m.NewAccuracy, m.OldAccuracy, 0.1);
        Assert.Equal(m.NewAccuracy, m.Accuracy, 0.1);
        Assert.Equal(m.NewFound, m.Found, 0.1);
        Assert.Contains("2 people never trained on", m.MeasuredOn, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_older_identity_encoder_is_refused_and_nothing_is_published()
    {
        // Measuring takes long: that comes once nothing is refused any more.
        static Evaluation.EvaluationReport TooEarly() => throw new InvalidOperationException();
        using var networks = Networks(2);
        var pose = Assert.Throws<ArgumentException>(() => Exporter(networks, Open(ModelRole.PoseEncoder, 1)).Export(_repository.Root, WeightStorage.Full, "Drawn discs.", TooEarly));
        Assert.Contains("begins at an identity encoder", pose.Message, StringComparison.Ordinal);
        using var again = Networks(1);
        var same = Assert.Throws<ArgumentException>(() => Exporter(again, Open(ModelRole.IdentityEncoder, 1)).Export(_repository.Root, WeightStorage.Full, "Drawn discs.", TooEarly));
        Assert.Contains("no bridge is needed", same.Message, StringComparison.Ordinal);
        Assert.Equal([1], _repository.Versions(ModelRole.IdentityEncoder));
    }
}
