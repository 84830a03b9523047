using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class AugmentationTests
{
    [Fact]
    public void Colour_is_brightness_then_saturation_then_contrast()
    {
        var x = rand(4, 3, 8, 8) * 2 - 1;
        random.manual_seed(3);
        var seen = Augmentation.Colour(x, 0.4);
        random.manual_seed(3);
        var y = x + (rand(4, 1, 1, 1) - 0.5) * 0.4;
        var grey = y.mean([1], keepdim: true);
        y = (y - grey) * (1 + (rand(4, 1, 1, 1) * 2 - 1) * 0.4) + grey;
        var mean = y.mean([1, 2, 3], keepdim: true);
        y = (y - mean) * (1 + (rand(4, 1, 1, 1) - 0.5) * 0.4) + mean;
        Assert.True(seen.allclose(y, atol: 1e-5));
    }

    [Fact]
    public void A_grey_share_of_one_leaves_no_colour()
    {
        var seen = Augmentation.Colour(rand(4, 3, 8, 8), 0.4, greyShare: 1);
        Assert.True((seen.max(1).values - seen.min(1).values).max().item<float>() < 1e-5);
    }

    [Fact]
    public void The_camera_softens_a_quarter_adds_noise_to_another_and_leaves_the_rest()
    {
        var x = rand(8, 3, 32, 32);
        var seen = Augmentation.Camera(x);
        Assert.True(seen[4..].allclose(x[4..], rtol: 0, atol: 0));
        static float Roughness(Tensor t) => (t[.., .., .., 1..] - t[.., .., .., ..31]).abs().mean().item<float>();
        Assert.True(Roughness(seen[..2]) < Roughness(x[..2]) * 0.8);
        var noise = seen[2..4] - x[2..4];
        Assert.InRange(noise.std().item<float>(), 1e-4f, 0.1f);
        Assert.InRange(noise.mean().item<float>(), -0.02f, 0.02f);
    }
}
