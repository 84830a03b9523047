using System.Text.RegularExpressions;
using IpGan.Training.Checkpoints;
using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed partial class CheckpointTests : IDisposable
{
    private const int Classes = 3;
    private static readonly TrainingPreset Preset = TinyPreset.Value;

    private readonly string _folder = Directory.CreateTempSubdirectory("ipgan-checkpoint-").FullName;
    private readonly NetworkSet _networks = new(Preset.Sizes, Classes, CPU);
    private readonly Optimizers _optimizers;

    public CheckpointTests()
    {
        _optimizers = new Optimizers(_networks);
        using var _ = no_grad();
        foreach (var (_, optimizer) in _optimizers.All)
        {
            optimizer.Steps = 7;
            foreach (var (_, moment) in optimizer.State)
            {
                moment.normal_();
            }
        }
        Checkpoint.Save(_folder, _networks, _optimizers, new RunState { EncoderPictures = 5, Triples = 6, Steps = 11, Seed = 2 }, Preset);
    }

    private string File => Checkpoint.PathIn(_folder);

    public void Dispose()
    {
        _optimizers.Dispose();
        _networks.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("<Trunk>k__BackingField.<Blocks>k__BackingField.0.<Conv1>k__BackingField.weight", "trunk.blocks.0.conv1.weight")]
    [InlineData("<StemNorm>k__BackingField.running_mean", "stemNorm.running_mean")]
    [InlineData("_directions", "directions")]
    public void A_registered_name_loses_what_the_compiler_added(string registered, string clean) => Assert.Equal(clean, TensorNames.Clean(registered));

    [Fact]
    public void Names_in_a_file_are_plain_words()
    {
        var names = Names();
        Assert.All(names, name => Assert.Matches(PlainName(), name));
        Assert.Contains("average.pose.trunk.stem.weight", names);
        Assert.Contains("margin.directions", names);
        Assert.Contains("optimizer.generator.first.0.conv.weight.second", names);
    }

    [Fact]
    public void Everything_comes_back_weights_moments_and_state()
    {
        using var networks = new NetworkSet(Preset.Sizes, Classes, CPU);
        using var optimizers = new Optimizers(networks);
        var state = Checkpoint.Load(File, networks, optimizers);
        Assert.Equal(new RunState { EncoderPictures = 5, Triples = 6, Steps = 11, Seed = 2 }, state);
        foreach (var ((_, a), (_, b)) in _networks.All.Zip(networks.All))
        {
            Assert.All(a.state_dict().Zip(b.state_dict()), pair => Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Key));
        }
        foreach (var ((_, a), (_, b)) in _optimizers.All.Zip(optimizers.All))
        {
            Assert.Equal(7, b.Steps);
            Assert.All(a.State.Zip(b.State), pair => Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Name));
        }
    }

    // A missing network must not be filled in from its average, nor a missing moment from zeros.
    [Theory]
    [InlineData("optimizer.pose.head.weight.second")]
    [InlineData("optimizer.margin.directions.first")]
    [InlineData("identity.trunk.stem.weight")]
    [InlineData("average.generator.toPicture.0.bias")]
    public void A_full_checkpoint_without_one_tensor_is_refused_by_its_name(string name)
    {
        Rewrite(tensors => tensors.Remove(name));
        AssertRefused($"has no tensor '{name}'");
    }

    [Fact]
    public void A_file_from_before_the_adversary_and_mixes_still_loads_and_they_start_afresh()
    {
        Rewrite(
            tensors => tensors.Keys.Where(k => k.Contains("adversary.", StringComparison.Ordinal) || k.Contains("discriminator.mixedIn", StringComparison.Ordinal))
                .ToList().ForEach(k => tensors.Remove(k)),
            metadata => metadata.Remove("optimizer.adversary.steps"));
        using var networks = new NetworkSet(Preset.Sizes, Classes, CPU);
        using var optimizers = new Optimizers(networks);
        Assert.Equal(11, Checkpoint.Load(File, networks, optimizers).Steps);
        Assert.Equal(0, optimizers.Adversary.Steps);
        Assert.Equal(7, optimizers.Discriminator.Steps);
    }

    [Theory]
    [InlineData("adversary.guess.bias")]
    [InlineData("optimizer.adversary.guess.bias.first")]
    public void A_file_with_half_an_adversary_is_refused(string name)
    {
        Rewrite(tensors => tensors.Remove(name));
        AssertRefused($"has no tensor '{name}'");
    }

    [Fact]
    public void A_moment_of_another_shape_is_refused_with_both_shapes()
    {
        Rewrite(tensors => tensors["optimizer.pose.head.bias.first"] = zeros(5));
        AssertRefused("'optimizer.pose.head.bias.first' is [5], the preset asks for [4]");
    }

    [Fact]
    public void Metadata_that_is_missing_is_named()
    {
        Rewrite(_ => { }, metadata => metadata.Remove("triples"));
        AssertRefused("'triples' is missing");
        Rewrite(_ => { }, metadata => metadata.Remove("preset"));
        Assert.Contains("names no preset", Assert.Throws<InvalidDataException>(() => Checkpoint.ReadOrigin(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_other_people_only_their_directions_start_afresh()
    {
        using var networks = new NetworkSet(Preset.Sizes, Classes + 2, CPU);
        using var optimizers = new Optimizers(networks);
        Checkpoint.Load(File, networks, optimizers);
        Assert.Equal([0L, 0, 7, 7, 7, 7], optimizers.All.OrderBy(o => o.Optimizer.Steps).Select(o => o.Optimizer.Steps));
        Assert.Equal(0, optimizers.Margin.Steps);
        Assert.Equal(0, optimizers.Adversary.Steps);
        Assert.All(optimizers.Margin.State, moment => Assert.Equal(0, moment.Value.abs().sum().item<float>()));
    }

    [Theory]
    [InlineData("these", true)]
    [InlineData("others", false)]
    [InlineData(null, true)]
    public void As_many_other_people_are_other_people(string? people, bool same)
    {
        _networks.People = "these";
        Checkpoint.Save(_folder, _networks, _optimizers, new RunState(), Preset);
        using var networks = new NetworkSet(Preset.Sizes, Classes, CPU) { People = people };
        using var optimizers = new Optimizers(networks);
        Assert.Equal(same, Checkpoint.IsOfSamePeople(File, networks));
        Checkpoint.Load(File, networks, optimizers);
        Assert.Equal(same ? 7 : 0, optimizers.Margin.Steps);
        Assert.Equal(7, optimizers.Identity.Steps);
        Assert.Equal(people ?? "these", networks.People);
    }

    [Fact]
    public void A_fresh_generator_leaves_generator_and_discriminator_as_they_are_and_counts_triples_from_nothing()
    {
        using var networks = new NetworkSet(Preset.Sizes, Classes, CPU);
        using var optimizers = new Optimizers(networks);
        using var before = networks.Generator.parameters().First().clone();
        var state = Checkpoint.Load(File, networks, optimizers, freshGenerator: true);

        Assert.Equal((5, 0), (state.EncoderPictures, state.Triples));
        Assert.True(before.equal(networks.Generator.parameters().First()).all().item<bool>());
        Assert.True(networks.Identity.parameters().First().equal(_networks.Identity.parameters().First()).all().item<bool>());
        Assert.Equal((7, 7, 0, 0), (optimizers.Identity.Steps, optimizers.Pose.Steps, optimizers.Generator.Steps, optimizers.Discriminator.Steps));
    }

    [Fact]
    public void What_a_killed_writer_left_is_overwritten_by_the_next()
    {
        System.IO.File.WriteAllText(File + ".part", "half a checkpoint");
        Checkpoint.Save(_folder, _networks, _optimizers, new RunState { Triples = 12 }, Preset);
        Assert.Equal([Path.GetFileName(File)], Directory.GetFiles(_folder).Select(Path.GetFileName));
        Assert.Equal(12, Checkpoint.Load(File, _networks, _optimizers).Triples);
    }

    private void AssertRefused(string message) => Assert.Contains(
        message, Assert.Throws<InvalidDataException>(() => Checkpoint.Load(File, _networks, _optimizers)).Message, StringComparison.Ordinal);

    private List<string> Names()
    {
        var (tensors, _) = SafeTensors.Read(File);
        return [.. tensors.Keys];
    }

    private void Rewrite(Action<Dictionary<string, Tensor>> change, Action<Dictionary<string, string>>? changeMetadata = null)
    {
        var (tensors, metadata) = SafeTensors.Read(File);
        change(tensors);
        changeMetadata?.Invoke(metadata);
        SafeTensors.Write(File, tensors.Select(t => (t.Key, t.Value)), metadata);
    }

    [GeneratedRegex(@"^[a-z][A-Za-z0-9_]*(\.[a-z0-9][A-Za-z0-9_]*)+$")]
    private static partial Regex PlainName();
}
