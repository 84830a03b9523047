using IpGan.Models;
using IpGan.Onnx;
using IpGan.Tests;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class PackageExporterTests : IClassFixture<TrainedRun>, IDisposable
{
    private const string Note = "Drawn discs, nobody's face.";
    private static readonly TrainingPreset Preset = TinyPreset.Value;
    private static readonly RunState State = new() { Triples = 6, Seed = 3 };

    private readonly TrainedRun _trained;
    private readonly TinyDataSet _data = new();
    private readonly TrainingFaces _faces;
    private readonly ModelRepository _repository;

    public PackageExporterTests(TrainedRun trained)
    {
        _trained = trained;
        _faces = _data.Load();
        _repository = new ModelRepository(Path.Combine(_data.Folder, "models"));
    }

    public void Dispose() => _data.Dispose();

    private static NetworkSet Networks(int seed)
    {
        manual_seed(seed);
        return new NetworkSet(Preset.Sizes, classes: 4, CPU);
    }

    private IReadOnlyList<ExportedPackage> Export(NetworkSet networks, WeightStorage storage = WeightStorage.Full) =>
        new PackageExporter(networks, _faces, Preset, State).Export(_repository.Root, storage, Note, evaluate: null);

    private ModelPackage Open(ModelRole role, int version = 1) => ModelPackage.Open(_repository.Folder(role, version));

    private string Space(ModelRole role, int version) => Open(role, version).Manifest is var m ? $"{m.IdentitySpace?.Name} {m.PoseSpace?.Name}" : "";

    /// <summary>A few steps of both phases: normalisation has statistics of its own, and no weight is what it was made as.</summary>
    private NetworkSet Trained()
    {
        var networks = new NetworkSet(Preset.Sizes, _faces.Classes, CPU);
        Checkpoint.Load(_trained.Checkpoint, networks, optimizers: null);
        return networks;
    }

    [Theory]
    [InlineData(WeightStorage.Full, false)]
    [InlineData(WeightStorage.Half, false)]
    [InlineData(WeightStorage.Full, true)]
    [InlineData(WeightStorage.Half, true)]
    public void Published_packages_answer_what_the_networks_answer(WeightStorage storage, bool trained)
    {
        using var networks = trained ? Trained() : Networks(1);
        var exported = Export(networks, storage);
        Assert.Equal([ModelRole.IdentityEncoder, ModelRole.PoseEncoder, ModelRole.Generator], exported.Select(e => e.Role));
        Assert.All(exported, e => Assert.Equal((1, new FileInfo(Open(e.Role).ModelPath).Length), (e.Version, e.Bytes)));
        Assert.All(exported, e => Assert.InRange(e.LargestError, 0, 1e-4));

        using var _ = no_grad();
        using var batch = FaceBatch.Create(_faces, [.. Enumerable.Range(0, 5).Select(i => new FaceDraw(i, false))], CPU);
        foreach (var pictures in new[] { batch.Pictures, rand(2, 3, 32, 32) * 2 - 1 })
        {
            var image = new Dictionary<string, Tensor> { ["image"] = pictures };
            var identity = networks.AverageIdentity.forward(pictures);
            var pose = networks.AveragePose.forward(pictures);
            Check(ModelRole.IdentityEncoder, image, new() { ["identity"] = identity });
            Check(ModelRole.PoseEncoder, image, new() { ["pose"] = pose, ["angles"] = networks.AveragePose.Angles(pose) * tensor(PoseEncoder.DegreesPerUnit) });
            Check(ModelRole.Generator, new() { ["identity"] = identity, ["pose"] = pose },
                new() { ["image"] = networks.AverageGenerator.forward(identity, pose).clamp(-1, 1) });
        }
    }

    [Fact]
    public void Folding_and_rounding_change_the_answers_by_no_more_than_rounding()
    {
        using var networks = Trained();
        using var _ = no_grad();
        using var batch = FaceBatch.Create(_faces, [.. Enumerable.Range(0, 8).Select(i => new FaceDraw(i, false))], CPU);
        var before = networks.AverageIdentity.forward(batch.Pictures);
        Export(networks);
        Assert.InRange((networks.AverageIdentity.forward(batch.Pictures) - before).abs().max().item<float>(), 0, 1e-5f);
        Export(networks, WeightStorage.Half);
        Assert.InRange((networks.AverageIdentity.forward(batch.Pictures) - before).abs().max().item<float>(), 1e-7f, 1e-2f);
    }

    [Fact]
    public void Half_precision_takes_about_half_the_space()
    {
        using var networks = Networks(1);
        var full = Export(networks);
        var half = Export(networks, WeightStorage.Half);
        Assert.All(full.Zip(half), pair => Assert.InRange((double)pair.Second.Bytes / pair.First.Bytes, 0.45, 0.75));
    }

    [Fact]
    public void Packages_are_signed_by_a_key_that_is_given()
    {
        using var networks = Networks(1);
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        new PackageExporter(networks, _faces, Preset, State) { Key = key }.Export(_repository.Root, WeightStorage.Half, Note, evaluate: null);
        Assert.All(new[] { ModelRole.IdentityEncoder, ModelRole.PoseEncoder, ModelRole.Generator }, role => PackageSignature.Verify(Open(role), key));
    }

    [Fact]
    public void Recorded_outputs_are_what_the_model_gives_for_the_recorded_inputs()
    {
        using var networks = Networks(2);
        Export(networks);
        foreach (var role in Enum.GetValues<ModelRole>().Where(r => _repository.Versions(r).Count > 0))
        {
            var package = Open(role);
            var golden = package.ReadGolden();
            using var model = new OnnxParity(File.ReadAllBytes(package.ModelPath));
            var outputs = model.Run(golden.Where(g => g.Tensor.Kind == "input").ToDictionary(
                g => g.Tensor.Name, g => tensor(g.Values, Array.ConvertAll(g.Tensor.Shape, d => (long)d)))).ToDictionary(o => o.Name, o => o.Values);
            foreach (var (recorded, values) in golden.Where(g => g.Tensor.Kind == "output"))
            {
                Assert.Contains(values, v => Math.Abs(v) > 1e-3);
                GoldenCheck.Compare(recorded.Name, values, outputs[recorded.Name], 1e-5);
            }
        }
    }

    [Fact]
    public void Networks_of_one_training_share_their_spaces_and_say_so_in_the_model()
    {
        using var networks = Networks(1);
        Export(networks);
        var generator = Open(ModelRole.Generator).Manifest;
        Assert.Equal(Open(ModelRole.IdentityEncoder).Manifest.IdentitySpace, generator.IdentitySpace);
        Assert.Equal(Open(ModelRole.PoseEncoder).Manifest.PoseSpace, generator.PoseSpace);
        Assert.Equal((16, 4), (generator.IdentitySpace!.Dimension, generator.PoseSpace!.Dimension));
        using var session = new InferenceSession(Open(ModelRole.Generator).ModelPath);
        Assert.Equal(generator.IdentitySpace.Name, session.ModelMetadata.CustomMetadataMap["identitySpace"]);
        Assert.Equal(generator.PoseSpace.Name, session.ModelMetadata.CustomMetadataMap["poseSpace"]);
    }

    [Fact]
    public void The_same_weights_are_the_same_spaces_and_other_weights_others()
    {
        using var networks = Networks(1);
        Export(networks);
        using (var again = Networks(1))
        {
            Export(again);
        }
        using (no_grad())
        {
            networks.AverageIdentity.Head.weight.mul_(-1);
            networks.AveragePose.Head.weight.mul_(2);
        }
        Export(networks);
        foreach (var role in new[] { ModelRole.IdentityEncoder, ModelRole.PoseEncoder, ModelRole.Generator })
        {
            Assert.Equal(Space(role, 1), Space(role, 2));
            Assert.NotEqual(Space(role, 1), Space(role, 3));
        }
    }

    [Fact]
    public void Encoders_that_answer_as_published_ones_do_keep_their_spaces_whatever_their_last_digits_and_the_generator_are()
    {
        using var networks = Networks(1);
        new PackageExporter(networks, _faces, Preset, State).Export(_repository.Root, WeightStorage.Full, Note, Report);
        using (no_grad())
        {
            networks.AverageIdentity.Head.weight.mul_(1 + 1e-5f);
            networks.AveragePose.Head.weight.mul_(1 + 1e-5f);
            // Read from the vectors, and no part of them.
            networks.AveragePose.AngleHead.weight.add_(0.1f);
            networks.AverageGenerator.PoseMap.weight.mul_(2);
        }
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_repository.Folder(ModelRole.IdentityEncoder, 2)).FullName, "manifest.json"), "cut sho");
        var exported = Export(networks);
        // The threshold of the space is still what it was measured to be.
        Assert.NotNull(Open(ModelRole.IdentityEncoder).Manifest.Verification);
        Assert.Equal(Open(ModelRole.IdentityEncoder).Manifest.Verification, Open(ModelRole.IdentityEncoder, 3).Manifest.Verification);
        Assert.Equal([(3, "1"), (2, "1"), (2, null)], exported.Select(e => (e.Version, Path.GetFileName(e.Spoken?.Folder))));
        Assert.All(exported, e => Assert.Equal(Space(e.Role, 1), Space(e.Role, e.Version)));
    }

    [Fact]
    public void One_encoder_that_answers_otherwise_has_a_space_of_its_own_and_the_other_keeps_its()
    {
        using var networks = Networks(1);
        Export(networks);
        using (no_grad())
        {
            networks.AveragePose.Head.weight.mul_(2);
        }
        Export(networks);
        Assert.Equal(Space(ModelRole.IdentityEncoder, 1), Space(ModelRole.IdentityEncoder, 2));
        Assert.NotEqual(Space(ModelRole.PoseEncoder, 1), Space(ModelRole.PoseEncoder, 2));
        var generator = Open(ModelRole.Generator, 2).Manifest;
        Assert.Equal(Open(ModelRole.IdentityEncoder, 2).Manifest.IdentitySpace, generator.IdentitySpace);
        Assert.Equal(Open(ModelRole.PoseEncoder, 2).Manifest.PoseSpace, generator.PoseSpace);
    }

    // A statistic that only normalisation knows moves every vector as well.
    [Fact]
    public void Other_statistics_of_normalisation_are_another_space()
    {
        using var networks = Networks(1);
        Export(networks);
        using (var other = Networks(1))
        {
            using var _ = no_grad();
            other.AveragePose.Trunk.StemNorm.running_mean!.add_(1);
            Export(other);
        }
        Assert.NotEqual(Space(ModelRole.PoseEncoder, 1), Space(ModelRole.PoseEncoder, 2));
    }

    [Theory]
    [InlineData(ModelRole.IdentityEncoder)]
    [InlineData(ModelRole.PoseEncoder)]
    [InlineData(ModelRole.Generator)]
    public void One_network_beyond_the_bound_keeps_all_three_back(ModelRole role)
    {
        using var networks = Networks(1);
        using (no_grad())
        {
            // Float32 keeps seven digits: where numbers are this large, two programs differ by more than the bound, or cannot say the number at all.
            switch (role)
            {
                case ModelRole.IdentityEncoder:
                    networks.AverageIdentity.Head.bias![0] = float.NaN;
                    break;
                case ModelRole.PoseEncoder:
                    networks.AveragePose.Head.weight.mul_(1e5);
                    break;
                default:
                    networks.AverageGenerator.ToPicture[^1].weight.mul_(1e4);
                    break;
            }
        }
        var error = Record.Exception(() => Export(networks));
        if (role == ModelRole.IdentityEncoder)
        {
            Assert.Equal("'head.bias' of the IdentityEncoder holds numbers that are not finite; it cannot be exported.", Assert.IsType<InvalidOperationException>(error).Message);
        }
        else
        {
            Assert.Matches($"^{role.Name()} on \\d+ inputs: Output '.+' differs by .+; the bound is 0.0001. Nothing was published.$", Assert.IsType<OnnxParityException>(error).Message);
        }
        Assert.False(Directory.Exists(_repository.Root));
    }

    [Fact]
    public void Cards_tell_method_data_limits_spaces_and_measures()
    {
        using var networks = Networks(1);
        new PackageExporter(networks, _faces, Preset, State).Export(_repository.Root, WeightStorage.Full, Note, Report);
        var card = File.ReadAllText(Path.Combine(Open(ModelRole.Generator).Folder, ModelPackage.CardFile));
        Assert.StartsWith("# generator of IP-GAN, 32 px\n", card, StringComparison.Ordinal);
        foreach (var part in new[]
        {
            "Zeno, Kalinovskiy, Matveev", Note, "preset tiny, seed 3", "6 triples jointly", Open(ModelRole.Generator).Manifest.IdentitySpace!.Name,
            Open(ModelRole.Generator).Manifest.PoseSpace!.Name, "differ by at most", "Not for deciding about people",
            "2 people never trained on", "1 more of the data set's validation people", "| frontal–profile | 72.5 % | 75.0 % | 25.0 % | 50.0 % | 0.300 |", "judged by: own encoder", "| 30° to 45° | 80 % | none | 10 % | none | 4.5° | 2.5° |",
            "judged by: somebody else", "| 30° to 45° | 60 % | none | 10 % | 5 % | 4.5° | 2.5° |", "12.5 % of cases (chance 2.0 %)",
        })
        {
            Assert.Contains(part, card, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("of the variance of |yaw|", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Few_angles_give_the_mean_pose_alone_and_the_card_says_so()
    {
        using var networks = Networks(1);
        Export(networks);
        var package = Open(ModelRole.PoseEncoder);
        Assert.Equal(new AnchorReach(0, 0, 0, 0, 0, 0), package.ReadAnchors().Reach);
        Assert.Contains("holds the mean pose alone", File.ReadAllText(Path.Combine(package.Folder, ModelPackage.CardFile)), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_angles_give_a_table_that_follows_the_pictures()
    {
        using var data = new TinyDataSet(people: 22, pictures: 9);
        using var networks = Networks(1);
        // The table is what the head reads: it has to have learnt to.
        AngleHeadFit.Fit(networks, Supervision.None, data.Load());
        new PackageExporter(networks, data.Load(), Preset, State).Export(_repository.Root, WeightStorage.Full, Note, evaluate: null);
        var package = Open(ModelRole.PoseEncoder);
        var anchors = package.ReadAnchors();
        Assert.Equal(new AnchorReach(-90, 90, -30, 30, -30, 30), anchors.Reach);
        Assert.Contains("-90° to 90° of yaw", File.ReadAllText(Path.Combine(package.Folder, ModelPackage.CardFile)), StringComparison.Ordinal);

        // Poses of pictures at 45° lie nearer to the table's 45° than to its −45°.
        var faces = data.Load();
        var turned = faces.Indices.Where(i => faces.Table.Faces[i].Angles!.Value.Yaw == 45).ToList();
        var poses = new IpGan.Training.Evaluation.FaceVectors(networks, faces).Poses(turned);
        double Distance(float yaw) => poses.Sum(pose => anchors.Interpolate(yaw, 0, 0).Zip(pose, (a, b) => Math.Pow(a - b, 2)).Sum());
        Assert.True(Distance(45) < Distance(-45));
    }

    [Fact]
    public void Golden_inputs_of_the_encoders_are_nobody_s_picture()
    {
        using var networks = Networks(1);
        Export(networks);
        var recorded = Open(ModelRole.IdentityEncoder).ReadGolden().Single(g => g.Tensor.Kind == "input").Values;
        var pictures = recorded.Chunk(3 * 32 * 32).ToList();
        for (var i = 0; i < _faces.Table.Faces.Count; i++)
        {
            using var batch = FaceBatch.Create(_faces, [new FaceDraw(i, false)], CPU);
            var face = batch.Pictures.contiguous().data<float>().ToArray();
            Assert.All(pictures, p => Assert.True(p.Zip(face, (a, b) => Math.Abs(a - b)).Average() > 0.05));
        }
    }

    private void Check(ModelRole role, Dictionary<string, Tensor> inputs, Dictionary<string, Tensor> expected)
    {
        using var parity = new OnnxParity(File.ReadAllBytes(Open(role).ModelPath));
        parity.Check(inputs, expected, 1e-4, new Dictionary<string, double> { ["angles"] = 45 });
    }

    private static Evaluation.EvaluationReport Report()
    {
        var verification = new Evaluation.Verification(0.75, 0.25, 0.5, 0.8, 0.3, 40, 400) { HeldOutAccuracy = 0.725 };
        return new()
        {
            People = 2,
            LeftOut = new Dictionary<string, string> { ["p9"] = "p1" },
            FrontalFrontal = verification,
            FrontalProfile = verification,
            Rotation = [new(30, 45, 8, 3, 0.8, null, 0.1, null, 4.5, 2.5)],
            Comparisons = [new(Evaluation.Evaluator.ThisModel, "somebody else", [new(30, 45, 8, 3, 0.6, null, 0.1, 0.05, 4.5, 2.5)])],
            IdentityFromPose = 0.125,
            Chance = 0.02,
            TurnFromIdentity = null,
        };
    }
}
