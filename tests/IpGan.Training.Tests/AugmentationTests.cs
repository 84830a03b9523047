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

    [Fact]
    public void Glasses_darken_the_eyes_of_their_share_and_leave_mouth_and_nose()
    {
        var x = ones(200, 3, 64, 64);
        var worn = (x - Augmentation.Glasses(x, 0.3)).amax([1, 2, 3]).gt(0.5);
        Assert.InRange(worn.sum().item<long>(), 35, 85);
        var seen = Augmentation.Glasses(x, 1);
        // Sellion at a quarter of the height, mouth at two thirds; a lens is an eighth to a sixth of the width away from the middle.
        Assert.True(seen[.., .., 20, 21].max().item<float>() < 0.5f);
        Assert.True(seen[.., .., 20, 43].max().item<float>() < 0.5f);
        Assert.True(seen[.., .., 32..].min().item<float>() > 0.9);
        Assert.Equal(1, Augmentation.Glasses(x, 0).min().item<float>());
    }

    [Fact]
    public void A_tilt_turns_most_pictures_little_and_few_by_much()
    {
        // A line across the middle; how far it stands off at the edge tells the angle.
        var x = zeros(400, 1, 65, 65);
        x[.., .., 32, ..] = 1;
        var seen = Augmentation.Warp(x, degrees: 0, zoom: 0, shift: 0, tilt: 30)[.., 0, .., 60];
        var off = seen.argmax(1) - 32;
        var degrees = (off.to(ScalarType.Float64) / 28).atan() * 180 / Math.PI;
        Assert.InRange(degrees.abs().lt(5).to(ScalarType.Float64).mean().item<double>(), 0.45, 0.7);
        Assert.InRange(degrees.abs().max().item<double>(), 24, 31);
        Assert.True(degrees.max().item<double>() > 20 && degrees.min().item<double>() < -20);
    }
}
