using IpGan.Training.Finding;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

/// <summary>
/// libtorch's convolutions for processors with AVX-512 have gradients that read beyond their weights for some counts of channels. What lies in memory there is made
/// not a number, so that such a gradient shows.
/// </summary>
public sealed class GradientTests
{
    private static readonly NetworkSizes Sizes = new();

    [Fact]
    public void The_generator_learns_the_same_in_both_precisions()
    {
        random.manual_seed(4);
        using var generator = new Networks.Generator(Sizes);
        var (identity, pose) = (nn.functional.normalize(randn(8, Sizes.IdentityDimension), p: 2, dim: 1), randn(8, Sizes.PoseDimension));
        var wanted = randn(8, 3, Sizes.ImageSize, Sizes.ImageSize);
        Tensor Gradient(ScalarType precision)
        {
            generator.Precision = precision;
            generator.zero_grad();
            Poison();
            var drawn = generator.forward(identity, pose);
            Poison();
            (drawn * wanted).sum().backward();
            return cat(generator.parameters().Select(p => p.grad!.flatten()).ToArray(), 0);
        }
        AssertNear(Gradient(ScalarType.Float32), Gradient(ScalarType.BFloat16));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public void What_the_encoders_tell_a_picture_is_the_same_in_both_precisions(int size)
    {
        random.manual_seed(4);
        var sizes = Sizes with { ImageSize = size };
        using var identity = new IdentityEncoder(sizes);
        using var pose = new PoseEncoder(sizes);
        identity.eval();
        pose.eval();
        var picture = rand(8, 3, size, size) * 2 - 1;
        var (first, second) = (randn(8, sizes.IdentityDimension), randn(8, sizes.PoseDimension));
        Tensor Gradient(ScalarType precision, Func<Tensor, Tensor> judge)
        {
            var seen = Layers.ChannelsLast(picture).detach().requires_grad_(true);
            Poison();
            var told = judge(seen.to(precision));
            Poison();
            told.sum().backward();
            return seen.grad!.flatten();
        }
        AssertNear(Gradient(ScalarType.Float32, x => identity.forward(x) * first), Gradient(ScalarType.BFloat16, x => identity.forward(x) * first));
        AssertNear(Gradient(ScalarType.Float32, x => pose.forward(x) * second), Gradient(ScalarType.BFloat16, x => pose.forward(x) * second));
    }

    [Fact]
    public void What_the_discriminator_tells_a_picture_is_the_same_in_both_precisions_and_layouts()
    {
        random.manual_seed(4);
        using var judge = new Discriminator(Sizes);
        var condition = new Condition(nn.functional.normalize(randn(8, Sizes.IdentityDimension), p: 2, dim: 1), randn(8, Sizes.PoseDimension), zeros(8, 1));
        var picture = rand(8, 3, Sizes.ImageSize, Sizes.ImageSize) * 2 - 1;
        Tensor Gradient(ScalarType precision, Tensor seen)
        {
            judge.Precision = precision;
            seen = seen.detach().requires_grad_(true);
            Poison();
            var scores = judge.Judge(seen, condition);
            Poison();
            scores.sum().backward();
            return seen.grad!.flatten();
        }
        var expected = Gradient(ScalarType.Float32, Layers.ChannelsLast(picture));
        AssertNear(expected, Gradient(ScalarType.Float32, picture));
        AssertNear(expected, Gradient(ScalarType.BFloat16, Layers.ChannelsLast(picture)));
        AssertNear(expected, Gradient(ScalarType.BFloat16, picture));
    }

    [Fact]
    public void The_finder_learns_the_same_in_both_precisions()
    {
        random.manual_seed(4);
        using var finder = new FinderNetwork();
        var canvas = rand(4, 3, 128, 128) * 2 - 1;
        Tensor Gradient(ScalarType precision)
        {
            finder.Precision = precision;
            finder.zero_grad();
            Poison();
            var maps = finder.Maps(canvas);
            Poison();
            maps.Select((m, i) => (m * (i + 1)).square().sum()).Aggregate((a, b) => a + b).backward();
            return cat(finder.parameters().Select(p => p.grad!.flatten()).ToArray(), 0);
        }
        AssertNear(Gradient(ScalarType.Float32), Gradient(ScalarType.BFloat16));
    }

    private static void AssertNear(Tensor expected, Tensor actual)
    {
        Assert.True(actual.isfinite().all().item<bool>());
        Assert.True(expected.isfinite().all().item<bool>());
        Assert.InRange(((actual - expected).norm() / expected.norm()).item<float>(), 0, 0.2f);
    }

    private static void Poison()
    {
        using var scope = NewDisposeScope();
        for (var bits = 6; bits < 22; bits++)
        {
            for (var i = 0; i < 3; i++)
            {
                full([(1L << bits) + i * 17], double.NaN);
            }
        }
    }
}
