using IpGan.Training.Checkpoints;
using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class GrowthTests : IDisposable
{
    private static readonly Dictionary<int, int> Thin = new() { [128] = 16, [64] = 16, [32] = 16, [16] = 16, [8] = 16, [4] = 16 };

    private static readonly TrainingPreset Small = TinyPreset.Value with
    {
        Sizes = TinyPreset.Value.Sizes with { ImageSize = 64, IdentityChannels = Thin, PoseChannels = Thin, GeneratorChannels = Thin, DiscriminatorChannels = Thin },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ipgan-growth-").FullName;
    private readonly NetworkSet _small = new(Small.Sizes, 3, CPU);
    private readonly NetworkSet _large = new(Small.Sizes with { ImageSize = 128 }, 3, CPU);

    public void Dispose()
    {
        _small.Dispose();
        _large.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Grown_encoders_see_at_first_what_the_smaller_ones_saw()
    {
        var state = Grow();
        Assert.Equal((0, 0, 0), (state.EncoderPictures, state.Triples, state.Steps));
        using var _ = no_grad();
        var picture = rand(2, 3, 128, 128) * 2 - 1;
        var halved = nn.functional.avg_pool2d(picture, 2);
        Assert.True(_large.AverageIdentity.forward(picture).allclose(_small.AverageIdentity.forward(halved), atol: 1e-4));
        // The pose encoder divides by the picture's contrast, which an average lowers: here it is given one that no average changes.
        var blocks = halved.repeat_interleave(2, 2).repeat_interleave(2, 3);
        Assert.True(_large.AveragePose.forward(blocks).allclose(_small.AveragePose.forward(halved), atol: 1e-3));
    }

    [Fact]
    public void A_grown_generator_and_discriminator_keep_the_resolutions_that_they_know_and_begin_the_new_one_afresh()
    {
        var fresh = _large.Generator.Second[4].Conv.weight.clone();
        Grow();
        Assert.Equal(6, _large.Generator.First.Count);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(_large.Generator.First[i].Conv.weight.allclose(_small.Generator.First[i].Conv.weight, rtol: 0, atol: 0));
        }
        Assert.True(_large.Generator.Second[4].Conv.weight.allclose(fresh, rtol: 0, atol: 0));
        for (var i = 0; i < 4; i++)
        {
            Assert.True(_large.Discriminator.Down[i + 1].weight.allclose(_small.Discriminator.Down[i].weight, rtol: 0, atol: 0));
        }
        Assert.True(_large.Discriminator.Hidden.weight.allclose(_small.Discriminator.Hidden.weight, rtol: 0, atol: 0));
    }

    [Fact]
    public void Other_sizes_do_not_grow_into_each_other()
    {
        Assert.True(Growth.Fits(Small.Sizes, Small.Sizes with { ImageSize = 128 }));
        Assert.False(Growth.Fits(Small.Sizes, Small.Sizes));
        Assert.False(Growth.Fits(TinyPreset.Value.Sizes, Small.Sizes));
    }

    private RunState Grow()
    {
        using var optimizers = new Optimizers(_small);
        Checkpoint.Save(_folder, _small, optimizers, new RunState { EncoderPictures = 5, Triples = 6, Steps = 11, Seed = 2 }, Small);
        using var larger = new Optimizers(_large);
        return Checkpoint.Load(Checkpoint.PathIn(_folder), _large, larger);
    }
}
