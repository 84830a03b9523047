using IpGan.Tests;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class SupervisionTests : IDisposable
{
    private readonly TinyDataSet _data = new();

    public void Dispose() => _data.Dispose();

    private TrainingFaces Load(Supervision supervision)
    {
        var table = FaceTable.Open(_data.Folder).Under(supervision);
        return new TrainingFaces(table, PackedFaces.Open(table, 32, Path.Combine(_data.Folder, "cache")));
    }

    private TrainingRun Start(string name, Supervision preset, Supervision? table = null) => new(
        Load(table ?? preset), TinyPreset.Value with { Supervision = preset, EncoderWeightDecay = 0 },
        new TrainingRunOptions { Folder = Path.Combine(_data.Folder, name), Precision = ScalarType.Float32 }, CPU, resumeFrom: null);

    /// <summary>A column of descriptors that name everybody.</summary>
    private void AddDescriptors()
    {
        _data.AddColumns("descriptor_row", line => ((line - 2) / 4).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var rows = Enumerable.Range(0, 6 * 128).Select(i => i % 128 == i / 128 ? 1f : 0).ToArray();
        File.WriteAllBytes(Path.Combine(_data.Folder, "descriptors.f32"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(rows).ToArray());
    }

    private static float Size(nn.Module module) => module.parameters().Sum(p => p.abs().sum().item<float>());

    [Theory]
    [InlineData(Supervision.None, "contrast,pose,pose prior", "identity,pose,generator,discriminator")]
    [InlineData(Supervision.Identity, "angles,margin,pose prior,teacher", "identity,pose,generator,discriminator,margin")]
    [InlineData(Supervision.IdentityAndPose, "angles,margin,pose prior,teacher", "identity,pose,generator,discriminator,margin")]
    public void Each_kind_trains_both_phases_and_moves_the_networks_that_it_can_teach_and_the_side_head_where_poses_are_supervised(Supervision supervision, string terms, string moving)
    {
        using var run = Start("run", supervision);
        var before = run.Networks.All.ToDictionary(n => n.Name, n => Size(n.Module));
        var sideHead = Size(run.Networks.Pose.AngleHead);
        var reports = new List<TrainingProgress>();
        run.Train(p => reports.Add(p with { Terms = new Dictionary<string, double>(p.Terms) }), (_, _) => { }, TestContext.Current.CancellationToken);
        Assert.All(reports.SelectMany(r => r.Terms.Values), v => Assert.True(double.IsFinite(v)));
        Assert.Superset(terms.Split(',').ToHashSet(), reports.First(r => r.Phase == "encoders").Terms.Keys.ToHashSet());
        Assert.All(moving.Split(','), name => Assert.NotEqual(before[name], Size(run.Networks.All.Single(n => n.Name == name).Module)));
        Assert.Equal(supervision == Supervision.IdentityAndPose, sideHead != Size(run.Networks.Pose.AngleHead));
    }

    [Fact]
    public void Without_supervision_a_run_is_the_same_whatever_the_labels_say()
    {
        float[] Train(string name)
        {
            using var run = Start(name, Supervision.None);
            run.Train(_ => { }, (_, _) => { }, TestContext.Current.CancellationToken);
            return [.. run.Networks.All.SelectMany(n => n.Module.parameters()).Where(p => p.numel() > 0).SelectMany(p => p.detach().data<float>().ToArray())];
        }
        var labelled = Train("labelled");
        AddDescriptors();
        // Everybody is somebody else, in another pose; only who is kept for validation stays.
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select((line, i) =>
        {
            var cells = line.Split(',');
            return i == 0 ? line : string.Join(',', [cells[0], $"x{i}", .. cells[2..4], "33", "-7", "4", .. cells[7..]]);
        }));
        Assert.Equal(labelled, Train("unlabelled"));
    }

    [Fact]
    public void People_of_one_picture_each_are_enough_without_supervision_and_refused_with_it()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Where((line, i) => i == 0 || line.Contains("/1.", StringComparison.Ordinal)));
        Assert.Contains("train with --supervision none", Assert.Throws<DataSetException>(() => Start("labelled", Supervision.Identity)).Message, StringComparison.Ordinal);
        using (var run = Start("unlabelled", Supervision.None))
        {
            run.Train(_ => { }, (_, _) => { }, TestContext.Current.CancellationToken);
            Assert.Equal(TinyPreset.Value.Triples, run.State.Triples);
        }
        // What was written can be gone on with.
        var file = Checkpoint.PathIn(Path.Combine(_data.Folder, "unlabelled"));
        var (preset, classes) = Checkpoint.ReadOrigin(file);
        using var networks = new NetworkSet(preset.Sizes, classes, CPU);
        Assert.Equal((Supervision.None, TinyPreset.Value.Triples), (preset.Supervision, Checkpoint.Load(file, networks, optimizers: null).Triples));
    }

    [Fact]
    public void A_table_that_tells_more_than_the_preset_allows_is_refused() =>
        Assert.Contains("preset allows none", Assert.Throws<ArgumentException>(() => Start("told", Supervision.None, Supervision.IdentityAndPose)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_preset_names_its_supervision_as_the_command_line_does()
    {
        Assert.Equal(Supervision.IdentityAndPose, TrainingPreset.Parse("{}", "test").Supervision);
        foreach (var value in Enum.GetValues<Supervision>())
        {
            Assert.Equal(value, SupervisionNames.Parse(value.Name()));
            Assert.Equal(value, TrainingPreset.Parse($$"""{ "supervision": "{{value.Name()}}" }""", "test").Supervision);
        }
    }

    [Fact]
    public void A_preset_without_a_name_is_called_as_its_file()
    {
        var file = Path.Combine(_data.Folder, "longer.json");
        File.WriteAllText(file, "{}");
        Assert.Equal("longer", TrainingPreset.Load(file).Name);
        File.WriteAllText(file, """{ "name": "mine" }""");
        Assert.Equal("mine", TrainingPreset.Load(file).Name);
        Assert.Equal("faces64", TrainingPreset.Load("faces64").Name);
    }
}
