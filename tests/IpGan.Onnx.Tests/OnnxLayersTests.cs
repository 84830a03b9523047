using CsCheck;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Onnx.Tests;

public sealed class OnnxLayersTests
{
    [Fact]
    public void Convolution_of_any_size_stride_and_bias() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Gen.OneOf(Gen.Const(1), Gen.Const(3), Gen.Const(5)), Gen.Int[1, 3], Gen.Int[4, 9], Gen.Int[4, 9], Gen.Bool)
            .Sample((inputs, outputs, kernel, stride, height, width, bias) =>
            {
                using var layer = nn.Conv2d(inputs, outputs, kernel, stride: stride, padding: kernel / 2, bias: bias);
                Parity.Check([inputs, height, width], (g, x) => g.Convolution(x, layer, stride), layer.forward);
            }, iter: 40);

    [Theory]
    [InlineData(3, 2, 0)]
    [InlineData(7, 2, 0)]
    [InlineData(3, 1, 2)]
    public void Convolution_with_another_padding(int kernel, int stride, int padding)
    {
        using var layer = nn.Conv2d(2, 3, kernel, stride: stride, padding: padding);
        Parity.Check([2, 11, 10], (g, x) => g.Convolution(x, layer, stride, padding: padding), layer.forward);
    }

    [Theory]
    [InlineData(6, 6, 6)]
    [InlineData(6, 4, 2)]
    public void Convolution_in_groups_of_channels(int inputs, int outputs, int groups)
    {
        using var layer = nn.Conv2d(inputs, outputs, 3, padding: 1, groups: groups);
        Parity.Check([inputs, 7, 5], (g, x) => g.Convolution(x, layer), layer.forward);
    }

    [Theory]
    [InlineData(9, 9)]
    [InlineData(8, 11)]
    public void The_greatest_of_blocks(int height, int width) => Parity.Check([3, height, width], (g, x) => g.MaxPool3(x), x => F.max_pool2d(x, 3, 2));

    [Fact]
    public void Pictures_read_at_places_inside_and_outside() =>
        Parity.Check([[3, 6, 7], [4, 5, 2]], (g, x) => g.Sample(x[0], x[1]), x => F.grid_sample(x[0], x[1], GridSampleMode.Bilinear, GridSamplePaddingMode.Border, false));

    [Fact]
    public void Convolution_without_its_bias()
    {
        using var layer = nn.Conv2d(3, 4, 3, padding: 1);
        Parity.Check([3, 6, 6], (g, x) => g.Convolution(x, layer, withBias: false), x => F.conv2d(x, layer.weight, null, [1, 1], [1, 1]));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    public void Batch_normalisation_with_statistics_of_its_own_is_folded(bool bias, int stride)
    {
        using var layer = nn.Conv2d(4, 6, 3, stride: stride, padding: 1, bias: bias);
        using var norm = Normalisation(6);
        var nodes = Nodes((g, x) => g.Convolution(x, layer, stride, norm), [4, 8, 8]);
        Assert.Equal(["Conv", "Identity"], nodes);
        Parity.Check([4, 8, 8], (g, x) => g.Convolution(x, layer, stride, norm), x => norm.forward(layer.forward(x)));
    }

    [Fact]
    public void Folding_leaves_the_layers_as_they_are()
    {
        using var layer = nn.Conv2d(2, 3, 3, padding: 1, bias: false);
        using var norm = Normalisation(3);
        using var before = layer.weight.clone();
        Nodes((g, x) => g.Convolution(x, layer, norm: norm), [2, 4, 4]);
        Assert.True(layer.weight.equal(before).all().item<bool>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Linear_with_and_without_bias(bool bias)
    {
        using var layer = nn.Linear(7, 5, bias);
        Parity.Check([7], (g, x) => g.Linear(x, layer), layer.forward);
    }

    // As the generator writes it: the weights, scaled and rescaled for each picture, of StyleGAN2's equations 1 and 3.
    [Theory]
    [InlineData(4, 6, 5, 5, false)]
    [InlineData(1, 3, 4, 7, false)]
    [InlineData(8, 2, 8, 8, false)]
    [InlineData(16, 16, 8, 8, true)]
    [InlineData(3, 2, 4, 5, true)]
    public void Modulated_convolution_is_one_with_modulated_weights(int inputs, int outputs, int height, int width, bool upsample)
    {
        const double gain = 1.414, epsilon = 1e-8;
        using var layer = nn.Conv2d(inputs, outputs, 3, padding: 1);
        Parity.Check([[inputs, height, width], [inputs]], (g, x) => g.ModulatedConvolution(x[0], x[1], layer, gain, epsilon, upsample), x =>
        {
            var pictures = Enumerable.Range(0, (int)x[0].shape[0]).Select(n =>
            {
                var weight = layer.weight * x[1][n].view(1, -1, 1, 1);
                weight = weight / (weight.square().sum([1, 2, 3], keepdim: true) + epsilon).sqrt() * gain;
                var seen = x[0][n].unsqueeze(0);
                seen = upsample ? F.interpolate(seen, scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false) : seen;
                return F.conv2d(seen, weight, layer.bias, [1, 1], [1, 1]);
            });
            return cat(pictures.ToArray(), 0);
        }, bound: 1e-4);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.01)]
    public void Leaky_relu(double slope) => Parity.Check([3, 5], (g, x) => g.LeakyRelu(x, slope), x => F.leaky_relu(x, slope));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(6, 4)]
    [InlineData(7, 5)]
    public void Average_of_blocks(int height, int width) => Parity.Check([3, height, width], (g, x) => g.AveragePool2(x), x => F.avg_pool2d(x, 2));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(3, 5)]
    public void Bilinear_up_sampling(int height, int width) => Parity.Check([2, height, width], (g, x) => g.UpsampleBilinear2(x),
        x => F.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false));

    [Fact]
    public void A_layer_that_does_not_fit_is_refused_with_both_shapes()
    {
        var graph = new OnnxGraph("test");
        var picture = graph.Input("x", -1, 3, 8, 8);
        using var convolution = nn.Conv2d(4, 4, 3);
        using var linear = nn.Linear(7, 5);
        Assert.Equal("A convolution of 4 channels cannot take [N, 3, 8, 8].", Assert.Throws<ArgumentException>(() => graph.Convolution(picture, convolution)).Message);
        Assert.Equal("A fully connected layer of 7 inputs cannot take [N, 3, 8, 8].", Assert.Throws<ArgumentException>(() => graph.Linear(picture, linear)).Message);
    }

    [Fact]
    public void A_convolution_that_the_graph_cannot_say_is_refused()
    {
        var graph = new OnnxGraph("test");
        var picture = graph.Input("x", -1, 4, 8, 8);
        using var dilated = nn.Conv2d(4, 4, 3, padding: 2, dilation: 2);
        using var oblong = nn.Conv2d(4, 4, (1, 3), padding: (0, 1));
        foreach (var layer in new[] { dilated, oblong })
        {
            Assert.Throws<ArgumentException>(() => graph.Convolution(picture, layer));
        }
    }

    [Fact]
    public void Weights_in_half_precision_are_the_rounded_weights()
    {
        using var layer = nn.Conv2d(3, 4, 3, padding: 1);
        using var rounded = nn.Conv2d(3, 4, 3, padding: 1);
        using (no_grad())
        {
            rounded.weight.copy_(layer.weight.to(ScalarType.Float16).to(ScalarType.Float32));
            rounded.bias!.copy_(layer.bias!);
        }
        Parity.Check([3, 6, 6], (g, x) => g.Convolution(x, layer), rounded.forward, WeightStorage.Half);
        Assert.Throws<OnnxParityException>(() => Parity.Check([3, 6, 6], (g, x) => g.Convolution(x, layer), layer.forward, WeightStorage.Half, bound: 1e-6));
    }

    private static BatchNorm2d Normalisation(int channels)
    {
        var norm = nn.BatchNorm2d(channels);
        using var _ = no_grad();
        norm.weight!.uniform_(0.5, 2);
        norm.bias!.normal_();
        norm.running_mean!.normal_();
        norm.running_var!.uniform_(0.1, 3);
        norm.eval();
        return norm;
    }

    private static IEnumerable<string> Nodes(Func<OnnxGraph, OnnxValue, OnnxValue> build, long[] shape)
    {
        var graph = new OnnxGraph("test");
        graph.Output("y", build(graph, graph.Input("x", [-1, .. shape])));
        return global::Onnx.ModelProto.Parser.ParseFrom(graph.Build("1.2.3")).Graph.Node.Select(n => n.OpType);
    }
}
