using IpGan.Tests;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class TrainingRunTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private static readonly TrainingPreset Preset = TinyPreset.Value;

    private readonly TinyDataSet _data = new();

    public void Dispose() => _data.Dispose();

    private TrainingRun Start(string name, string? resume = null, TrainingPreset? preset = null) => new(
        _data.Load(), preset ?? Preset,
        new TrainingRunOptions { Folder = Path.Combine(_data.Folder, name), Precision = ScalarType.Float32 }, CPU, resume);

    private static float[] Weights(TrainingRun run) =>
        [.. run.Networks.All.SelectMany(n => n.Module.parameters()).SelectMany(p => p.detach().cpu().contiguous().data<float>().ToArray())];

    [Fact]
    public void A_run_goes_through_all_phases_and_changes_every_network()
    {
        Assert.Equal(["encoders", "joint", "reconstruction"], trained.Reports.Select(r => r.Phase).Distinct().Order());
        Assert.Equal(48, trained.Run.State.Triples);
        Assert.All(trained.Before.Zip(trained.Sizes()), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Fact]
    public void A_batch_that_teaches_nothing_ends_no_run()
    {
        // One person with two pictures, ten with one: most batches of two have nobody of a class.
        File.WriteAllLines(_data.Csv, [.. File.ReadAllLines(_data.Csv).Select((l, i) => i is 0 or 1 or 2 ? l : string.Join(',', l.Split(',').Select((v, c) => c == 1 && v.StartsWith('p') ? $"{v}-{i}" : v)))]);
        using var run = Start("alone", preset: Preset with { EncoderBatchSize = 2, EncoderPictures = 32, Triples = 0 });
        var margins = new List<double>();
        run.Train(p => margins.Add(p.Terms["margin"]), (_, _) => { }, TestContext.Current.CancellationToken);
        Assert.Contains(0, margins);
        Assert.Equal(32, run.State.EncoderPictures);
    }

    [Fact]
    public void A_run_knows_whether_angles_teach_it_and_tells_whoever_goes_on_with_its_file()
    {
        using (var taught = Start("taught", preset: Preset with { Triples = 0 }))
        {
            taught.Train(_ => { }, (_, _) => { }, CancellationToken.None);
            Assert.True(taught.Networks.AnglesTaught);
        }
        var file = Checkpoint.PathIn(Path.Combine(_data.Folder, "taught"));
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => string.Join(',', l.Split(',').Take(4))));
        using var untaught = Start("untaught");
        Assert.False(untaught.Networks.AnglesTaught);
        using var kept = Start("kept", file);
        Assert.True(kept.Networks.AnglesTaught);
        using var lost = new TrainingRun(
            new TrainingFaces(_data.Load().Table.Under(Supervision.Identity), _data.Load().Packed), Preset with { Supervision = Supervision.Identity },
            new TrainingRunOptions { Folder = Path.Combine(_data.Folder, "lost"), Precision = ScalarType.Float32 }, CPU, file);
        Assert.False(lost.Networks.AnglesTaught);
    }

    [Fact]
    public void Angles_that_are_known_and_teach_nothing_are_not_taught()
    {
        var csv = File.ReadAllText(_data.Csv);
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => string.Join(',', l.Split(',').Take(4))));
        var begun = Preset with { Triples = 0 };
        using (var run = Start("blind", preset: begun))
        {
            run.Train(_ => { }, (_, _) => { }, TestContext.Current.CancellationToken);
        }
        File.WriteAllText(_data.Csv, csv);
        var file = Checkpoint.PathIn(Path.Combine(_data.Folder, "blind"));
        // The encoders' phase is over, and the pose encoder stays as it is: whoever exports fits its head to angles first.
        using var generator = Start("generator", file, begun with { Triples = 8, PoseLearningRate = 0 });
        Assert.False(generator.Networks.AnglesTaught);
        using var weightless = Start("weightless", file, begun with { EncoderPictures = 2 * begun.EncoderPictures, PoseLearningRate = 0, Weights = begun.Weights with { Angles = 0 } });
        Assert.False(weightless.Networks.AnglesTaught);
        using var longer = Start("longer", file, begun with { EncoderPictures = 2 * begun.EncoderPictures, PoseLearningRate = 0 });
        Assert.True(longer.Networks.AnglesTaught);
    }

    [Fact]
    public void A_run_goes_on_under_the_teachers_that_it_was_begun_with()
    {
        _data.AddDescriptors();
        using var recogniser = new FaceApiRecogniser(RandomFaceApi.Write(Path.Combine(_data.Folder, "face-api")), CPU);
        var preset = Preset with { Sizes = Preset.Sizes with { IdentityDimension = TrainingFaces.TeacherDimension }, Triples = 0 };
        TrainingRun Run(string name, Recogniser? outside, bool goesOn) => new(
            _data.Load(), preset, new TrainingRunOptions { Folder = Path.Combine(_data.Folder, name), Precision = ScalarType.Float32, Recogniser = outside }, CPU,
            goesOn ? Checkpoint.PathIn(Path.Combine(_data.Folder, "begun")) : null);
        using (var begun = Run("begun", recogniser, goesOn: false))
        {
            begun.Train(_ => { }, (_, _) => { }, TestContext.Current.CancellationToken);
        }
        Run("begun", recogniser, goesOn: true).Dispose();
        AssertRefused(null);
        Run("another", null, goesOn: true).Dispose();
        // As another recogniser would describe the same photos.
        var file = Path.Combine(_data.Folder, "descriptors.f32");
        File.WriteAllBytes(file, [.. File.ReadAllBytes(file).Chunk(4).Reverse().SelectMany(b => b)]);
        AssertRefused(recogniser);

        void AssertRefused(Recogniser? outside) => Assert.Contains(
            "was begun with other descriptors, or with", Assert.Throws<ArgumentException>(() => Run("begun", outside, goesOn: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_resumed_from_a_checkpoint_ends_with_the_weights_of_one_that_never_stopped()
    {
        using (var half = Start("half", preset: Preset with { Triples = 24 }))
        {
            half.Train(_ => { }, (_, _) => { }, CancellationToken.None);
        }
        using var resumed = Start("half", Checkpoint.PathIn(Path.Combine(_data.Folder, "half")));
        Assert.Equal(24, resumed.State.Triples);
        resumed.Train(_ => { }, (_, _) => { }, CancellationToken.None);

        Assert.Equal(trained.Run.State.Steps, resumed.State.Steps);
        var (expected, actual) = (Weights(trained.Run), Weights(resumed));
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max(), 0, 1e-4f);
    }

    [Fact]
    public void People_that_the_file_does_not_know_start_where_the_encoder_sees_them()
    {
        File.Copy(trained.Checkpoint, Checkpoint.PathIn(Directory.CreateDirectory(Path.Combine(_data.Folder, "few")).FullName));
        using var more = new TinyDataSet(people: 9);
        var faces = more.Load();
        using var run = new TrainingRun(
            faces, Preset, new TrainingRunOptions { Folder = Path.Combine(more.Folder, "more"), Precision = ScalarType.Float32 }, CPU,
            Checkpoint.PathIn(Path.Combine(_data.Folder, "few")));
        Assert.Equal(7, faces.Classes);
        var error = Assert.Throws<ArgumentException>(() => new TrainingRun(
            faces, Preset, new TrainingRunOptions { Folder = Path.Combine(_data.Folder, "few"), Precision = ScalarType.Float32 }, CPU, Checkpoint.PathIn(Path.Combine(_data.Folder, "few"))));
        Assert.Contains("was begun with pictures of other people", error.Message, StringComparison.Ordinal);
        foreach (var person in faces.Indices.GroupBy(faces.Label))
        {
            using var identities = tensor(new FaceVectors(run.Networks, faces).Directions([.. person]).SelectMany(v => v).ToArray(), [person.Count(), Preset.Sizes.IdentityDimension]);
            using var middle = nn.functional.normalize(identities.sum(0, keepdim: true), p: 2, dim: 1);
            Assert.Equal(1, run.Networks.Margin.Cosines(middle)[0, person.Key].item<float>(), 1e-4f);
        }
    }

    [Fact]
    public void A_recogniser_is_asked_about_same_person_and_cross_person_pictures()
    {
        _data.AddDescriptors();
        using var recogniser = new FaceApiRecogniser(RandomFaceApi.Write(Path.Combine(_data.Folder, "face-api")), CPU);
        var sizes = Preset.Sizes with { IdentityDimension = TrainingFaces.TeacherDimension };
        (HashSet<string> Terms, float[] Generator) Train(string name, LossWeights weights)
        {
            var terms = new HashSet<string>();
            using var run = new TrainingRun(
                _data.Load(), Preset with { Sizes = sizes, Weights = weights, Triples = 16 },
                new TrainingRunOptions { Folder = Path.Combine(_data.Folder, name), Precision = ScalarType.Float32, Recogniser = recogniser }, CPU, null);
            run.Train(p => terms.UnionWith(p.Terms.Keys), (_, _) => { }, TestContext.Current.CancellationToken);
            return (terms, [.. run.Networks.Generator.parameters().SelectMany(p => p.detach().contiguous().data<float>().ToArray())]);
        }
        var alone = new LossWeights { AdversarialCross = 0, AdversarialPrior = 0, Identity = 0, Pose = 0, Recovery = 0, Recogniser = 0 };
        var (without, before) = Train("without", alone);
        var (with, after) = Train("with", alone with { Recogniser = 1 });
        Assert.Equal(["identity", "pose", "recogniser"], with.Except(without).Order());
        // Where pictures are taught, encoders tell them apart by it, too.
        Assert.Equal(["ranking"], without.Except(Train("unranked", alone with { Ranking = 0 }).Terms));
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void What_no_term_asks_for_is_not_drawn_and_a_pose_encoder_without_a_step_stays_as_it_is()
    {
        var weights = new LossWeights { AdversarialCross = 0, AdversarialPrior = 0, Identity = 0, Pose = 0, Recovery = 0 };
        using var run = Start("same", preset: Preset with { Weights = weights, PoseLearningRate = 0, IdentityLearningRate = 0, ReconstructionTriples = 0 });
        IReadOnlyDictionary<string, double>? terms = null;
        Tensor? pose = null;
        run.Train(
            p =>
            {
                terms = p.Terms;
                pose ??= p.Phase == "joint" ? run.Networks.AveragePose.parameters().First().clone() : null;
            },
            (_, _) => { }, TestContext.Current.CancellationToken);
        Assert.Contains("D", terms!.Keys);
        Assert.DoesNotContain(terms.Keys, k => k is "identity" or "pose" or "recovery");
        Assert.True(run.Networks.AveragePose.parameters().First().allclose(pose!, rtol: 0, atol: 0));
    }

    [Fact]
    public void Encoders_alone_leave_a_pose_encoder_that_no_term_asks_as_it_is()
    {
        var weights = new LossWeights { Angles = 0, Adversary = 0, PosePrior = 0 };
        using var run = Start("identity", trained.Checkpoint, Preset with { EncoderPictures = Preset.EncoderPictures * 3, Triples = 56, Weights = weights });
        float[] Values(nn.Module module) => [.. module.state_dict().Values.SelectMany(p => p.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray())];
        var (pose, average, identity) = (Values(run.Networks.Pose), Values(run.Networks.AveragePose), Values(run.Networks.AverageIdentity));
        Assert.NotEqual(pose, average);
        using var stop = new CancellationTokenSource();
        run.Train(
            p =>
            {
                if (p.State.EncoderPictures >= Preset.EncoderPictures * 3)
                {
                    stop.Cancel();
                }
            },
            (_, _) => { }, stop.Token);
        Assert.Equal(pose, Values(run.Networks.Pose));
        Assert.Equal(average, Values(run.Networks.AveragePose));
        Assert.NotEqual(identity, Values(run.Networks.AverageIdentity));
    }

    [Fact]
    public void The_encoders_averages_go_on_when_the_generator_joins()
    {
        using var run = Start("averages", preset: Preset with { EncoderPictures = 160, ReconstructionTriples = 0, Triples = 8, AverageDecay = 0.5 });
        Tensor? before = null;
        run.Train(
            p => before ??= p.State.EncoderPictures == 160 ? run.Networks.AveragePose.parameters().First().clone() : null,
            (_, _) => { }, TestContext.Current.CancellationToken);
        var (after, network) = (run.Networks.AveragePose.parameters().First(), run.Networks.Pose.parameters().First());
        // One step at a decay of 0.5: the average is half of what it was; at the first step of all it would be a tenth.
        Assert.True(after.allclose(before! * 0.5 + network * 0.5, rtol: 1e-4, atol: 1e-6));
    }

    [Fact]
    public void Cancelling_writes_a_checkpoint_and_a_grid()
    {
        using var stop = new CancellationTokenSource();
        using var run = Start("cancelled");
        var grids = 0;
        run.Train(_ => stop.Cancel(), (_, _) => grids++, stop.Token);
        Assert.Equal(1, run.State.Steps);
        Assert.Equal(1, grids);
        Assert.True(File.Exists(Checkpoint.PathIn(Path.Combine(_data.Folder, "cancelled"))));
    }

    [Fact]
    public void Weights_in_half_precision_start_another_run_from_the_averages()
    {
        var file = Path.Combine(_data.Folder, "weights.safetensors");
        var run = trained.Run;
        Checkpoint.SaveWeights(file, run.Networks, run.State, Preset);

        using var next = Start("next", file);
        Assert.Equal(run.State.Triples, next.State.Triples);
        using var drawn = new TrainingRun(
            _data.Load(), Preset, new TrainingRunOptions { Folder = Path.Combine(_data.Folder, "drawn"), Precision = ScalarType.Float32, Seed = run.State.Seed + 1 }, CPU, file);
        Assert.Equal(run.State.Seed + 1, drawn.State.Seed);
        var expected = run.Networks.AverageGenerator.parameters().First().data<float>().ToArray();
        Assert.All(expected.Zip(next.Networks.Generator.parameters().First().data<float>().ToArray()), p => Assert.Equal(p.First, p.Second, 2e-3f));
    }

    [Fact]
    public void A_checkpoint_of_other_sizes_is_refused_with_both_shapes()
    {
        using (var run = Start("small", preset: Preset with { EncoderPictures = 0, Triples = 0 }))
        {
            run.Train(_ => { }, (_, _) => { }, CancellationToken.None);
        }
        var error = Assert.Throws<InvalidDataException>(() => Start(
            "other", Checkpoint.PathIn(Path.Combine(_data.Folder, "small")), Preset with { Sizes = Preset.Sizes with { PoseDimension = 5 } }));
        Assert.Contains("'pose.head.weight' is [4, 128], the preset asks for [5, 128]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_another_process_trains_is_refused_and_free_again_afterwards()
    {
        using (var first = Start("shared"))
        {
            Assert.Contains("being trained by another process", Assert.Throws<IOException>(() => Start("shared")).Message, StringComparison.Ordinal);
        }
        using var second = Start("shared");
    }

    [Fact]
    public void People_of_one_picture_each_cannot_be_trained_on()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Where(l => !l.Contains("/1.", StringComparison.Ordinal)
            && !l.Contains("/2.", StringComparison.Ordinal) && !l.Contains("/3.", StringComparison.Ordinal)));
        Assert.Contains("no training person has two pictures", Assert.Throws<DataSetException>(() => Start("alone")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_counts_pictures_and_the_time_left_falls_to_nothing()
    {
        var reports = trained.Reports;
        Assert.All(reports, r => Assert.True(r.PicturesPerSecond > 0 && r.Left >= TimeSpan.Zero));
        Assert.All(reports.GroupBy(r => r.Phase), phase => Assert.Equal(TimeSpan.Zero, phase.Last().Left));
        Assert.Subset(reports[^1].Terms.Keys.ToHashSet(), new HashSet<string> { "D", "L1", "R1", "features", "identity", "pose", "recovery" });
    }

    [Fact]
    public void The_checkpoint_is_on_disk_before_the_last_grid_is_drawn()
    {
        using var run = Start("order", preset: Preset with { Triples = 8 });
        Assert.Throws<IOException>(() => run.Train(_ => { }, (_, _) => throw new IOException("no space"), TestContext.Current.CancellationToken));
        Assert.True(File.Exists(Checkpoint.PathIn(Path.Combine(_data.Folder, "order"))));
    }
}
