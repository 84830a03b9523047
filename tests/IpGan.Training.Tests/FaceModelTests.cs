using IpGan.Models;
using IpGan.Onnx;
using IpGan.Tests;
using IpGan.Training.Checkpoints;
using IpGan.Training.Evaluation;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class FaceModelTests : IDisposable
{
    private static readonly TrainingPreset Preset = TinyPreset.Value;
    private readonly TinyDataSet _data = new();
    private readonly NetworkSet _networks = new(Preset.Sizes, classes: 4, CPU);

    public FaceModelTests()
    {
        // Norms and rounding are the exporter's business: both sides are measured after it.
        Models = Path.Combine(_data.Folder, "models");
        new PackageExporter(_networks, _data.Load(), Preset, new RunState()).Export(Models, WeightStorage.Full, "Drawn discs.", evaluate: null);
    }

    private string Models { get; }

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    private static float Difference(Tensor a, Tensor b) => (a - b).abs().max().item<float>();

    [Fact]
    public void Packages_weights_and_networks_answer_the_same()
    {
        var weights = Path.Combine(_data.Folder, "weights.safetensors");
        Checkpoint.SaveWeights(weights, _networks, new RunState(), Preset);
        using var expected = FaceModel.Of(_networks);
        using var _ = no_grad();
        var pictures = rand(3, 3, 32, 32) * 2 - 1;
        var (identity, pose) = (expected.Identity(pictures), expected.Pose(pictures));
        foreach (var (place, bound) in new[] { (Models, 1e-4f), (weights, 5e-2f) })
        {
            using var model = FaceModel.Open(place);
            Assert.InRange(Difference(model.Identity(pictures), identity), 0, bound);
            Assert.InRange(Difference(model.Pose(pictures), pose), 0, bound);
            Assert.InRange(Difference(model.Draw(identity, pose, 32), expected.Draw(identity, pose, 32)), 0, bound);
        }
    }

    [Fact]
    public void Pictures_of_another_size_are_brought_to_the_models_and_back()
    {
        using var model = FaceModel.Open(Models);
        using var _ = no_grad();
        var pictures = rand(2, 3, 32, 32) * 2 - 1;
        var large = nn.functional.interpolate(pictures, [64, 64], mode: InterpolationMode.Nearest);
        Assert.InRange(Difference(model.Identity(large), model.Identity(pictures)), 0, 1e-5f);
        Assert.Equal([2L, 3, 48, 48], model.Draw(model.Identity(pictures), model.Pose(pictures), 48).shape);
    }

    [Fact]
    public void A_repository_gives_the_newest_generator_with_the_encoders_of_its_spaces()
    {
        using var model = FaceModel.Open(Models);
        Assert.Equal(Open(ModelRole.Generator).IdentitySpace, model.IdentitySpace);
        Assert.Equal(Open(ModelRole.PoseEncoder).PoseSpace, model.PoseSpace);
        Directory.Delete(Path.Combine(Models, "pose-encoder"), recursive: true);
        Assert.Contains("no generator with both encoders", Assert.Throws<ArgumentException>(() => FaceModel.Open(Models)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_holds_no_model_is_told() =>
        Assert.Contains("neither a model repository", Assert.Throws<ArgumentException>(() => FaceModel.Open(Path.Combine(_data.Folder, "nowhere"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_judge_gives_unit_vectors_of_pictures_of_any_size()
    {
        using var judge = FaceJudge.Open(Path.Combine(Models, "identity-encoder", "1", "model.onnx"));
        using var _ = no_grad();
        var vectors = judge.Vectors(rand(3, 3, 48, 48) * 2 - 1);
        Assert.Equal(3, vectors.Length);
        Assert.All(vectors, v => Assert.Equal(1, FaceJudge.Score(v, v), 1e-5));
    }

    [Fact]
    public void A_model_that_takes_no_pictures_is_no_judge()
    {
        var file = Path.Combine(Models, "generator", "1", "model.onnx");
        Assert.Contains("identity [-1, 16]; pose [-1, 4]", Assert.Throws<InvalidDataException>(() => FaceJudge.Open(file)).Message, StringComparison.Ordinal);
        File.WriteAllText(file, "no model");
        Assert.Contains("no ONNX model", Assert.Throws<InvalidDataException>(() => FaceJudge.Open(file)).Message, StringComparison.Ordinal);
    }

    private Manifest Open(ModelRole role) => ModelPackage.Open(new ModelRepository(Models).Folder(role, 1)).Manifest;
}
