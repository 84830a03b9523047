using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Onnx;

/// <summary>TorchSharp's layers as nodes of a graph, with their weights as they are now.</summary>
public static class OnnxLayers
{
    /// <summary>
    /// Convolution of [N, C, H, W] with padding kernel/2, if no other is given. A batch normalisation that follows it is folded in: w' = w·γ/√(σ²+ε),
    /// b' = (b − μ)·γ/√(σ²+ε) + β.
    /// </summary>
    public static OnnxValue Convolution(this OnnxGraph graph, OnnxValue x, Conv2d layer, int stride = 1, BatchNorm2d? norm = null, bool withBias = true, long? padding = null)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var weight = layer.weight.detach().cpu().to(ScalarType.Float32);
        var bias = withBias ? layer.bias?.detach().cpu().to(ScalarType.Float32) : null;
        if (norm is not null)
        {
            var scale = norm.weight!.detach().cpu() / (norm.running_var!.detach().cpu() + 1e-5).sqrt();
            weight = weight * scale.view(-1, 1, 1, 1);
            bias = ((bias ?? zeros(scale.shape[0])) - norm.running_mean!.detach().cpu()) * scale + norm.bias!.detach().cpu();
        }
        var (outputs, inputs, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2]);
        if (layer.dilation.Any(d => d != 1) || weight.shape[3] != kernel || kernel % 2 == 0)
        {
            throw new ArgumentException($"Only square convolutions of odd size, without dilation, can be exported; this one has weights of [{string.Join(", ", weight.shape)}].");
        }
        if (x.Shape.Count != 4 || x.Shape[1] != inputs * layer.groups)
        {
            throw new ArgumentException($"A convolution of {inputs * layer.groups} channels cannot take {x.ShapeText}.");
        }
        var around = padding ?? kernel / 2;
        long Side(long side) => (side + 2 * around - kernel) / stride + 1;
        var operands = new List<OnnxValue> { x, graph.Constant(Values(weight), weight.shape) };
        if (bias is not null)
        {
            operands.Add(graph.Constant(Values(bias), [outputs], weight: false));
        }
        return graph.Node("Conv", operands, [x.Shape[0], outputs, Side(x.Shape[2]), Side(x.Shape[3])],
        [
            OnnxGraph.Attribute("kernel_shape", kernel, kernel), OnnxGraph.Attribute("strides", stride, stride),
            OnnxGraph.Attribute("pads", around, around, around, around), OnnxGraph.Attribute("group", layer.groups),
        ]);
    }

    /// <summary>Fully connected layer on [N, C].</summary>
    public static OnnxValue Linear(this OnnxGraph graph, OnnxValue x, Linear layer)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var weight = layer.weight.detach().cpu();
        if (x.Shape.Count != 2 || x.Shape[1] != weight.shape[1])
        {
            throw new ArgumentException($"A fully connected layer of {weight.shape[1]} inputs cannot take {x.ShapeText}.");
        }
        var operands = new List<OnnxValue> { x, graph.Constant(Values(weight), weight.shape) };
        if (layer.bias is not null)
        {
            operands.Add(graph.Constant(Values(layer.bias), [weight.shape[0]], weight: false));
        }
        return graph.Node("Gemm", operands, [x.Shape[0], weight.shape[0]], [OnnxGraph.Attribute("transB", 1L)]);
    }

    /// <summary>
    /// Weight modulation of StyleGAN2 with the input and the output scaled instead of the weights: y = conv(x · s) · gain / √(s² · Σw² + ε) + b.
    /// <paramref name="x"/> is [N, C, H, W], <paramref name="style"/> s is [N, C]. With <paramref name="upsample"/> x · s is enlarged first, on which side of s makes no difference.
    /// </summary>
    public static OnnxValue ModulatedConvolution(this OnnxGraph graph, OnnxValue x, OnnxValue style, Conv2d layer, double gain, double epsilon, bool upsample = false)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (inputs, outputs) = (layer.weight.shape[1], layer.weight.shape[0]);
        var power = layer.weight.detach().cpu().square().sum([2, 3]).t();
        var demodulation = graph.Divide(
            graph.Scalar(gain),
            graph.SquareRoot(graph.Add(graph.MatMul(graph.Square(style), graph.Constant(Values(power), power.shape, weight: false)), graph.Scalar(epsilon))));
        var scaled = graph.Multiply(x, graph.Reshape(style, -1, inputs, 1, 1));
        var y = graph.Convolution(upsample ? graph.UpsampleBilinear2(graph.InBlocks(scaled)) : scaled, layer, withBias: false);
        y = graph.Multiply(y, graph.Reshape(demodulation, -1, outputs, 1, 1));
        return graph.Add(y, graph.Constant(Values(layer.bias!), [1, outputs, 1, 1], weight: false));
    }

    // The same values, from a convolution that changes none: what comes from one, ONNX Runtime enlarges as it is for the next one, in blocks of channels, and a few times as fast.
    private static OnnxValue InBlocks(this OnnxGraph graph, OnnxValue x)
    {
        var channels = x.Shape[1];
        var ones = graph.Constant([.. Enumerable.Repeat(1f, (int)channels)], [channels, 1, 1, 1], weight: false);
        return graph.Node("Conv", [x, ones], x.Shape, [OnnxGraph.Attribute("kernel_shape", 1L, 1L), OnnxGraph.Attribute("group", channels)]);
    }

    /// <summary>Leaky ReLU.</summary>
    public static OnnxValue LeakyRelu(this OnnxGraph graph, OnnxValue x, double slope) =>
        graph.Node("LeakyRelu", [x], x.Shape, [OnnxGraph.Attribute("alpha", (float)slope)]);

    /// <summary>Mean of each 2×2 block.</summary>
    public static OnnxValue AveragePool2(this OnnxGraph graph, OnnxValue x) =>
        graph.Node("AveragePool", [x], [x.Shape[0], x.Shape[1], x.Shape[2] / 2, x.Shape[3] / 2],
            [OnnxGraph.Attribute("kernel_shape", 2, 2), OnnxGraph.Attribute("strides", 2, 2)]);

    /// <summary>The greatest of each 3×3 block, every second one; what does not fill a block is left out.</summary>
    public static OnnxValue MaxPool3(this OnnxGraph graph, OnnxValue x) =>
        graph.Node("MaxPool", [x], [x.Shape[0], x.Shape[1], (x.Shape[2] - 3) / 2 + 1, (x.Shape[3] - 3) / 2 + 1],
            [OnnxGraph.Attribute("kernel_shape", 3, 3), OnnxGraph.Attribute("strides", 2, 2)]);

    /// <summary>Twice the size, bilinear, as torch's interpolate with align_corners: false.</summary>
    public static OnnxValue UpsampleBilinear2(this OnnxGraph graph, OnnxValue x) =>
        graph.Node("Resize", [x, new OnnxValue("", []), graph.Constant([1, 1, 2, 2], [4], weight: false)],
            [x.Shape[0], x.Shape[1], x.Shape[2] * 2, x.Shape[3] * 2],
            [OnnxGraph.Attribute("mode", "linear"), OnnxGraph.Attribute("coordinate_transformation_mode", "half_pixel")]);

    /// <summary>
    /// Pictures [N, C, H, W] read at places [N, H', W', 2] (x, y; −1 and 1 are their edges), bilinear, edge pixels repeated outside: torch's grid_sample with
    /// align_corners: false.
    /// </summary>
    public static OnnxValue Sample(this OnnxGraph graph, OnnxValue x, OnnxValue places) =>
        graph.Node("GridSample", [x, places], [x.Shape[0], x.Shape[1], places.Shape[1], places.Shape[2]],
            [OnnxGraph.Attribute("mode", "linear"), OnnxGraph.Attribute("padding_mode", "border"), OnnxGraph.Attribute("align_corners", 0L)]);

    private static float[] Values(Tensor tensor) => tensor.detach().cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray();
}
