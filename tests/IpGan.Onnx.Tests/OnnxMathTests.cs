using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Onnx.Tests;

public sealed class OnnxMathTests
{
    [Fact]
    public void Arithmetic_is_broadcast()
    {
        long[][] shapes = [[3, 4, 5], [3, 1, 1]];
        Parity.Check(shapes, (g, x) => g.Add(x[0], x[1]), x => x[0] + x[1]);
        Parity.Check(shapes, (g, x) => g.Subtract(x[1], x[0]), x => x[1] - x[0]);
        Parity.Check(shapes, (g, x) => g.Multiply(x[0], x[1]), x => x[0] * x[1]);
        Parity.Check(shapes, (g, x) => g.Divide(x[0], g.Add(g.Square(x[1]), g.Scalar(1))), x => x[0] / (x[1].square() + 1));
        Parity.Check([4], (g, x) => g.Multiply(x, 0.3), x => x * 0.3);
        Parity.Check([4], (g, x) => g.Add(x, g.Constant([1, 2, 3, 4], [1, 4])), x => x + tensor(new float[] { 1, 2, 3, 4 }));
    }

    [Fact]
    public void Roots_and_squares() => Parity.Check([6], (g, x) => g.SquareRoot(g.Square(x)), x => x.abs());

    [Fact]
    public void Sines_and_what_is_left_without_a_sign()
    {
        Parity.Check([6], (g, x) => g.Sine(x), x => x.sin());
        Parity.Check([6], (g, x) => g.Absolute(x), x => x.abs());
    }

    [Fact]
    public void Zeros_behind_the_last_elements()
    {
        Parity.Check([3, 4, 5], (g, x) => g.PadTo(x, -1, 5, 4, 7), x => F.pad(x, [0, 2, 0, 0, 0, 2]));
        Assert.Equal("[N, 3] cannot grow to [-1, 2].", Assert.Throws<ArgumentException>(() => new OnnxGraph("test") is var g ? g.PadTo(g.Input("x", -1, 3), -1, 2) : default).Message);
    }

    [Fact]
    public void A_matrix_product_with_a_constant()
    {
        using var matrix = randn(4, 3);
        Parity.Check([4], (g, x) => g.MatMul(x, g.Constant(matrix.data<float>().ToArray(), [4, 3])), x => x.matmul(matrix));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2, 3)]
    [InlineData(1, 2, 3)]
    public void Means_and_sums_keep_their_axes(params int[] axes)
    {
        var of = Array.ConvertAll(axes, a => (long)a);
        Parity.Check([3, 4, 5], (g, x) => g.Mean(x, of), x => x.mean(of, keepdim: true));
        Parity.Check([3, 4, 5], (g, x) => g.Sum(x, of), x => x.sum(of, keepdim: true));
    }

    [Fact]
    public void Joining_cutting_and_reshaping()
    {
        Parity.Check([[3, 4], [2, 4]], (g, x) => g.Concat(1, x[0], x[1]), x => cat([x[0], x[1]], 1));
        Parity.Check([5, 4], (g, x) => g.Slice(x, 1, 1, 4), x => x.narrow(1, 1, 3));
        Parity.Check([2, 3, 4], (g, x) => g.Reshape(x, -1, 24), x => x.flatten(1));
        Parity.Check([24], (g, x) => g.Reshape(x, -1, 6, 2, 2), x => x.view(-1, 6, 2, 2));
        Parity.Check([2, 5], (g, x) => g.Flip(x, 2), x => x.flip(2));
    }

    [Fact]
    public void The_batch_grows_and_shrinks_again() => Parity.Check(
        [3], (g, x) => g.Reshape(g.Mean(g.Reshape(g.Concat(0, x, g.Multiply(x, 3)), 2, -1, 3), 0), -1, 3), x => x * 2);

    [Fact]
    public void Limits() => Parity.Check([50], (g, x) => g.Clip(x, -1, 0.5), x => x.clamp(-1, 0.5));

    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    public void Unit_length(int numbers) => Parity.Check([numbers], (g, x) => g.Normalize(x, 1), x => F.normalize(x, p: 2, dim: 1));

    [Fact]
    public void Unit_length_of_nothing_is_nothing() =>
        Parity.Check([4], (g, x) => g.Normalize(g.Multiply(x, 0), 1), x => zeros_like(x));

    // As the pose encoder sees a picture: luminance with mean 0 and deviation 1.
    [Theory]
    [InlineData(4, 4)]
    [InlineData(9, 7)]
    public void Normalised_grey(int height, int width)
    {
        float[] luma = [0.299f, 0.587f, 0.114f];
        Parity.Check([3, height, width], (g, x) =>
        {
            var grey = g.Sum(g.Multiply(x, g.Constant(luma, [1, 3, 1, 1], weight: false)), 1);
            var centred = g.Subtract(grey, g.Mean(grey, 1, 2, 3));
            return g.Divide(centred, g.SquareRoot(g.Add(g.Mean(g.Square(centred), 1, 2, 3), g.Scalar(1e-4))));
        }, x =>
        {
            var grey = (x * tensor(luma).view(1, 3, 1, 1)).sum([1], keepdim: true);
            var centred = grey - grey.mean([1, 2, 3], keepdim: true);
            return centred / (centred.square().mean([1, 2, 3], keepdim: true) + 1e-4).sqrt();
        });
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_both()
    {
        var g = new OnnxGraph("test");
        var (a, b) = (g.Input("a", -1, 3, 4), g.Input("b", -1, 2, 4));
        Assert.Equal("Add cannot take [N, 3, 4] and [N, 2, 4].", Assert.Throws<ArgumentException>(() => g.Add(a, b)).Message);
        Assert.Equal("MatMul cannot take [N, 3, 4] and [N, 2, 4].", Assert.Throws<ArgumentException>(() => g.MatMul(a, b)).Message);
        Assert.Equal("Concat cannot take [N, 3, 4] and [N, 2, 4].", Assert.Throws<ArgumentException>(() => g.Concat(2, a, b)).Message);
        Assert.Equal("[N, 3, 4] cannot become [-1, 13].", Assert.Throws<ArgumentException>(() => g.Reshape(a, -1, 13)).Message);
        Assert.Equal("Axis 1 of [N, 3, 4] has no elements 2 to 4.", Assert.Throws<ArgumentException>(() => g.Slice(a, 1, 2, 4)).Message);
    }
}
