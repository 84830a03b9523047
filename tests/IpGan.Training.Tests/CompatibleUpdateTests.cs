using IpGan.Models;
using IpGan.Onnx;
using IpGan.Testing;
using IpGan.Tests;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Export;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class CompatibleUpdateTests : IClassFixture<CompatibleUpdateTests.OldModel>, IDisposable
{
    private static readonly TrainingPreset Preset = TinyPreset.Value with { EncoderPictures = 320, Weights = new() { Angles = 0.5 } };
    private readonly TemporaryFolder _folder = new();
    private readonly TrainingFaces _faces;
    private readonly ModelRepository _repository;
    private readonly string _weights;

    public CompatibleUpdateTests(OldModel old)
    {
        (_faces, _weights) = (old.Faces, old.Weights);
        _repository = new ModelRepository(Path.Combine(_folder.Path, "models"));
        old.CopyTo(_repository.Root);
    }

    public void Dispose() => _folder.Dispose();

    private static TrainingRun Start(TrainingFaces faces, string folder, TrainingPreset preset, FaceModel? old, string? resume) => new(
        faces, preset, new TrainingRunOptions { Folder = folder, Precision = ScalarType.Float32, Seed = 3, Old = old }, CPU, resume);

    private TrainingRun Start(string name, TrainingPreset preset, FaceModel? old, string? resume = null) => Start(_faces, Path.Combine(_folder.Path, name), preset, old, resume);

    private Manifest Manifest(ModelRole role, int version = 1) => ModelPackage.Open(_repository.Folder(role, version)).Manifest;

    private string Space(ModelRole role) => role == ModelRole.IdentityEncoder ? Manifest(role).IdentitySpace!.Name : Manifest(role).PoseSpace!.Name;

    private (string Name, int Version)[] Versions() => [.. ModelRoles.All.SelectMany(r => _repository.Versions(r).Order().Select(v => (r.Name(), v)))];

    /// <summary>Trains an update and exports it; the measured agreement and what came of it.</summary>
    private (AgreementReport? Agreement, Exception? Error) Update(ModelRole role, string? from, long pictures) => Update(Space(role), role.Name(), from, pictures);

    private (AgreementReport? Agreement, Exception? Error) Update(string space, string name, string? from, long pictures)
    {
        using var old = FaceModel.OfSpace(_repository.Root, space);
        // A single step is to change little.
        var preset = Preset with { EncoderPictures = pictures, EncoderLearningRate = pictures == Preset.EncoderBatchSize ? 1e-5 : Preset.EncoderLearningRate, Into = CompatibleUpdate.Into(space, old, Preset.Sizes) };
        using var run = Start(name, preset, old, from);
        run.Train(_ => { }, (_, _) => { }, TestContext.Current.CancellationToken);
        Assert.Equal((pictures, 0L), (run.State.EncoderPictures, run.State.Triples));
        AgreementReport? agreement = null;
        var error = Record.Exception(() => new PackageExporter(run.Networks, _faces, preset, run.State)
            .ExportUpdate(_repository.Root, WeightStorage.Full, "Drawn discs.", old, a => agreement = a));
        return (agreement, error);
    }

    [Theory]
    [InlineData(ModelRole.IdentityEncoder, 16)]
    [InlineData(ModelRole.PoseEncoder, 3200)]
    public void An_encoder_that_agrees_is_published_alone_under_the_spaces_name(ModelRole role, long pictures)
    {
        var (agreement, error) = Update(role, _weights, pictures);
        Assert.True(error is null, $"{agreement} {error?.Message}");
        Assert.InRange(agreement!.Agreement, AgreementReport.LeastAgreement, 1.0001);
        Assert.Equal([.. ModelRoles.Rotation.Select(r => (r.Name(), 1)), (role.Name(), 2)], Versions().OrderBy(v => v.Version));
        Assert.Equal((Manifest(role).IdentitySpace, Manifest(role).PoseSpace), (Manifest(role, 2).IdentitySpace, Manifest(role, 2).PoseSpace));
        Assert.Equal(role == ModelRole.IdentityEncoder, Manifest(role, 2).Verification is { MeasuredOn.Length: > 0 });
        Assert.Contains("Trained into a space in use", File.ReadAllText(Path.Combine(_repository.Folder(role, 2), ModelPackage.CardFile)), StringComparison.Ordinal);
        if (role == ModelRole.PoseEncoder)
        {
            // The generator of the space draws from the table: it is no matter of an encoder.
            Assert.Equal(ModelPackage.Open(_repository.Folder(role, 1)).ReadAnchors().ToJson(), ModelPackage.Open(_repository.Folder(role, 2)).ReadAnchors().ToJson());
        }
        // The next update is measured against the encoder that made the space, not against this one.
        using var _ = no_grad();
        using FaceModel newest = FaceModel.Open(_repository.Root), first = FaceModel.OfSpace(_repository.Root, Space(role));
        var noise = rand(2, 3, 32, 32) * 2 - 1;
        Tensor Vectors(FaceModel model) => role == ModelRole.IdentityEncoder ? model.Identity(noise) : model.Pose(noise);
        Assert.False(Vectors(newest).allclose(Vectors(first)));
    }

    [Theory]
    [InlineData(ModelRole.IdentityEncoder)]
    [InlineData(ModelRole.PoseEncoder)]
    public void An_encoder_that_speaks_another_space_is_refused_and_nothing_is_published(ModelRole role)
    {
        var before = Versions();
        var (agreement, error) = Update(role, from: null, pictures: 16);
        Assert.InRange(agreement!.Agreement, double.NegativeInfinity, AgreementReport.LeastAgreement);
        Assert.Matches($"^The new {role.Name()} does not speak '.+' well enough to keep its name: the agreement is .+ Nothing was published.$", Assert.IsType<InvalidOperationException>(error).Message);
        Assert.Equal(before, Versions());
    }

    [Theory]
    [InlineData(ModelRole.IdentityEncoder)]
    [InlineData(ModelRole.PoseEncoder)]
    public void Training_brings_a_fresh_encoder_towards_the_old_one_and_moves_no_other(ModelRole role)
    {
        using var old = FaceModel.OfSpace(_repository.Root, Space(role));
        using var run = Start("fresh", Preset with { Into = CompatibleUpdate.Into(Space(role), old, Preset.Sizes) }, old);
        var name = role == ModelRole.IdentityEncoder ? "identity" : "pose";
        var others = run.Networks.All.Where(n => n.Name.StartsWith("average.", StringComparison.Ordinal) is false && n.Name != name && n.Module.parameters().Any()).ToList();
        var before = others.ConvertAll(n => n.Module.parameters().Sum(p => p.abs().sum().item<float>()));
        var terms = new List<double>();
        run.Train(p => terms.Add(p.Terms["agreement"]), (_, _) => { }, TestContext.Current.CancellationToken);
        Assert.InRange(terms[^1], 0, terms[0] * 0.95);
        Assert.Equal(before, others.ConvertAll(n => n.Module.parameters().Sum(p => p.abs().sum().item<float>())));
    }

    [Fact]
    public void An_update_keeps_the_ways_that_lead_into_its_space()
    {
        var weights = Path.Combine(_folder.Path, "next.safetensors");
        using (var next = Start("next", Preset with { Triples = 48, IdentityFrozenTriples = 8 }, old: null, _weights))
        {
            next.Train(_ => { }, (_, _) => { }, TestContext.Current.CancellationToken);
            Checkpoint.SaveWeights(weights, next.Networks, next.State, Preset);
            new PackageExporter(next.Networks, _faces, Preset, next.State) { BridgesFrom = [ModelPackage.Open(_repository.Folder(ModelRole.IdentityEncoder, 1))] }
                .Export(_repository.Root, WeightStorage.Full, "Drawn discs.", evaluate: null);
        }
        Assert.Null(Update(Manifest(ModelRole.IdentityEncoder, 2).IdentitySpace!.Name, "update", weights, pictures: 16).Error);
        ModelPackage Package(int version) => ModelPackage.Open(_repository.Folder(ModelRole.IdentityEncoder, version));
        var (made, kept) = (Assert.Single(Package(2).ReadBridges()), Assert.Single(Package(3).ReadBridges()));
        Assert.Equal(Space(ModelRole.IdentityEncoder), kept.Key);
        Assert.Equal(made.Value.ToBytes(), kept.Value.ToBytes());
        Assert.EndsWith("with the encoder that made the space", Assert.Single(Manifest(ModelRole.IdentityEncoder, 3).Bridges!).Measured.MeasuredOn, StringComparison.Ordinal);

        // What an update brought the next one keeps, too; and says once where it was measured.
        Assert.Null(Update(Manifest(ModelRole.IdentityEncoder, 2).IdentitySpace!.Name, "again", weights, pictures: 16).Error);
        Assert.Equal(Manifest(ModelRole.IdentityEncoder, 3).Bridges!.Select(b => b.Measured), Manifest(ModelRole.IdentityEncoder, 4).Bridges!.Select(b => b.Measured));
    }

    [Fact]
    public void A_space_that_no_model_has_and_vectors_of_another_length_are_told()
    {
        Assert.Contains("no generator with both encoders", Assert.Throws<ArgumentException>(() => FaceModel.OfSpace(_repository.Root, "identity-none")).Message, StringComparison.Ordinal);
        using var old = FaceModel.Open(_repository.Root);
        var error = Assert.Throws<ArgumentException>(() => CompatibleUpdate.Into(Space(ModelRole.IdentityEncoder), old, Preset.Sizes with { IdentityDimension = 32 }));
        Assert.EndsWith("have 16 numbers, the preset's identity-encoder gives 32.", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The model in use: trained a little, and published. Each test has a copy of what it publishes into.</summary>
    public sealed class OldModel : IDisposable
    {
        private readonly TinyDataSet _data = new(people: 6, pictures: 6);
        private readonly string _repository;

        public OldModel()
        {
            Faces = _data.Load();
            Weights = Path.Combine(_data.Folder, "old.safetensors");
            _repository = Path.Combine(_data.Folder, "models");
            using var run = Start(Faces, Path.Combine(_data.Folder, "old"), Preset with { Triples = 8 }, old: null, resume: null);
            run.Train(_ => { }, (_, _) => { }, CancellationToken.None);
            Checkpoint.SaveWeights(Weights, run.Networks, run.State, Preset);
            new PackageExporter(run.Networks, Faces, Preset, run.State).Export(_repository, WeightStorage.Full, "Drawn discs.", evaluate: null);
        }

        public TrainingFaces Faces { get; }

        public string Weights { get; }

        public void Dispose() => _data.Dispose();

        public void CopyTo(string repository)
        {
            foreach (var file in Directory.EnumerateFiles(_repository, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(repository, Path.GetRelativePath(_repository, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }
}
