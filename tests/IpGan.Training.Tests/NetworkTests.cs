using TorchSharp;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class NetworkTests
{
    private static readonly NetworkSizes Sizes = new();

    [Fact]
    public void The_identity_encoder_gives_unit_vectors()
    {
        using var _ = no_grad();
        var encoder = new IdentityEncoder(Sizes);
        encoder.eval();
        var identity = encoder.forward(rand(3, 3, 64, 64) * 2 - 1);
        Assert.Equal([3L, 128L], identity.shape);
        Assert.True((identity.norm(1) - 1).abs().max().item<float>() < 1e-5f);
    }

    [Fact]
    public void A_mirror_image_is_the_same_person()
    {
        using var _ = no_grad();
        var encoder = new IdentityEncoder(Sizes);
        encoder.eval();
        var pictures = rand(3, 3, 64, 64) * 2 - 1;
        var (identity, mirrored) = (encoder.forward(pictures), encoder.forward(pictures.flip(3)));
        Assert.True(identity.allclose(mirrored, atol: 1e-6));
        // By making both, not by not looking.
        var answers = encoder.Answer(encoder.Trunk.forward(pictures));
        Assert.False(answers.allclose(encoder.Answer(encoder.Trunk.forward(pictures.flip(3))), atol: 1e-3));
        Assert.False(identity[..1].allclose(identity[1..2], atol: 1e-3));
    }

    [Fact]
    public void The_pose_vector_does_not_see_brightness_or_contrast_or_tint()
    {
        using var _ = no_grad();
        var encoder = new PoseEncoder(Sizes);
        encoder.eval();
        var grey = (rand(2, 1, 64, 64) - 0.5).expand(-1, 3, -1, -1);
        var relit = grey * 0.5 + 0.2;
        Assert.True((encoder.forward(grey) - encoder.forward(relit)).abs().max().item<float>() < 0.02f);
    }

    [Fact]
    public void A_generated_picture_does_not_depend_on_its_neighbours_in_the_batch()
    {
        using var _ = no_grad();
        var generator = new Networks.Generator(Sizes);
        var identity = nn.functional.normalize(randn(4, 128), p: 2, dim: 1);
        var pose = randn(4, 8);
        var together = generator.forward(identity, pose);
        var alone = generator.forward(identity[2..3], pose[2..3]);
        Assert.Equal([4L, 3L, 64L, 64L], together.shape);
        Assert.True((together[2..3] - alone).abs().max().item<float>() < 1e-4f);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    public void All_networks_fit_other_picture_sizes(int size)
    {
        using var _ = no_grad();
        using var networks = new NetworkSet(Sizes with { ImageSize = size }, 10, CPU);
        var picture = rand(4, 3, size, size);
        var identity = networks.AverageIdentity.forward(picture);
        var pose = networks.AveragePose.forward(picture);
        Assert.Equal(picture.shape, networks.AverageGenerator.forward(identity, pose).shape);
        Assert.Equal([4L], networks.Discriminator.Judge(picture, new Condition(identity, pose, zeros(4, 1))).shape);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused_with_what_would()
    {
        Assert.Contains("64", Assert.Throws<ArgumentException>(() => (Sizes with { ImageSize = 100 }).Validate()).Message, StringComparison.Ordinal);
        Assert.Contains("resolution 64", Assert.Throws<ArgumentException>(
            () => (Sizes with { ImageSize = 256, IdentityChannels = new Dictionary<int, int> { [32] = 16, [16] = 16, [8] = 16, [4] = 16 } }).Validate()).Message,
            StringComparison.Ordinal);
        Assert.Contains("multiple of 16", Assert.Throws<ArgumentException>(
            () => (Sizes with { PoseChannels = new Dictionary<int, int> { [16] = 24, [8] = 16, [4] = 16 } }).Validate()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_is_moved_takes_all_that_it_computes_with_along()
    {
        // Another type stands for another device: both are moves.
        using var networks = new NetworkSet(TinyPreset.Value.Sizes, 3, CPU);
        networks.Identity.to(ScalarType.Float64);
        networks.Discriminator.to(ScalarType.Float64);
        networks.Margin.to(ScalarType.Float64);

        Assert.Equal(ScalarType.Float64, networks.Identity.Lift.dtype);
        Assert.Equal(ScalarType.Float64, networks.Identity.Head.weight.dtype);
        Assert.Equal(ScalarType.Float64, networks.Discriminator.MixedIn.dtype);
        Assert.Equal(ScalarType.Float64, networks.Margin.Cosines(zeros(1, networks.Sizes.IdentityDimension, ScalarType.Float64)).dtype);
        Assert.All(networks.Identity.state_dict().Concat(networks.Discriminator.state_dict()).Where(s => s.Value.is_floating_point()), s => Assert.Equal(ScalarType.Float64, s.Value.dtype));
    }
}
