using IpGan.Onnx;
using IpGan.Training.Networks;

namespace IpGan.Training.Export;

/// <summary>The exported networks as ONNX graphs: each method mirrors its network's forward, layer by layer.</summary>
public static class NetworkGraphs
{
    /// <summary>image [N, 3, S, S] → identity [N, D].</summary>
    public static OnnxGraph Identity(IdentityEncoder encoder, WeightStorage storage)
    {
        var graph = new OnnxGraph("identity-encoder", storage);
        var size = encoder.Sizes.ImageSize;
        var image = graph.Input("image", -1, 3, size, size);
        var features = graph.Flatten(graph.Trunk(graph.Concat(0, image, graph.Flip(image, 3)), encoder.Trunk));
        // The mean of both features gives the mean of both answers, as the last layer is linear.
        var mean = graph.Reshape(graph.Mean(graph.Reshape(features, 2, -1, features.Shape[1]), 0), -1, features.Shape[1]);
        graph.Output("identity", graph.Normalize(graph.Linear(mean, encoder.Head), axis: 1));
        return graph;
    }

    /// <summary>image [N, 3, S, S] → pose [N, P], angles [N, 3] in degrees.</summary>
    public static OnnxGraph Pose(PoseEncoder encoder, WeightStorage storage)
    {
        var graph = new OnnxGraph("pose-encoder", storage);
        var size = encoder.Sizes.ImageSize;
        var grey = graph.NormalisedGrey(graph.Input("image", -1, 3, size, size));
        var hidden = graph.LeakyRelu(graph.Linear(graph.Flatten(graph.Trunk(grey, encoder.Trunk)), encoder.Hidden), Layers.Slope);
        var pose = graph.Linear(hidden, encoder.Head);
        graph.Output("pose", pose);
        graph.Output("angles", graph.Multiply(graph.Linear(pose, encoder.AngleHead), graph.Constant(PoseEncoder.DegreesPerUnit, [1, 3], weight: false)));
        return graph;
    }

    /// <summary>identity [N, D], pose [N, P] → image [N, 3, S, S], limited to [−1, 1].</summary>
    public static OnnxGraph Generator(Generator generator, WeightStorage storage)
    {
        var sizes = generator.Sizes;
        var graph = new OnnxGraph("generator", storage);
        var identity = graph.Input("identity", -1, sizes.IdentityDimension);
        var pose = graph.Input("pose", -1, sizes.PoseDimension);
        var p = graph.LeakyRelu(graph.Linear(pose, generator.PoseMap), Layers.Slope);
        var joined = graph.Concat(1, graph.Multiply(identity, Math.Sqrt(sizes.IdentityDimension)), p);
        var w = graph.LeakyRelu(graph.Linear(joined, generator.Map1), Layers.Slope);
        w = graph.LeakyRelu(graph.Linear(w, generator.Map2), Layers.Slope);
        var x = graph.Reshape(graph.Linear(p, generator.Seed), -1, sizes.GeneratorChannels[4], 4, 4);
        OnnxValue? picture = null;
        for (var i = 0; i < generator.First.Count; i++)
        {
            x = graph.Modulated(graph.Modulated(x, w, generator.First[i], upsample: i > 0), w, generator.Second[i]);
            var layer = graph.Convolution(x, generator.ToPicture[i]);
            picture = picture is { } before ? graph.Add(graph.UpsampleBilinear2(before), layer) : layer;
        }
        graph.Output("image", graph.Clip(picture!.Value, -1, 1));
        return graph;
    }

    private static OnnxValue Trunk(this OnnxGraph graph, OnnxValue x, ResidualTrunk trunk)
    {
        x = graph.LeakyRelu(graph.Convolution(x, trunk.Stem, trunk.StemStride, trunk.StemNorm), Layers.Slope);
        foreach (var block in trunk.Blocks)
        {
            var y = graph.LeakyRelu(graph.Convolution(x, block.Conv1, block.Down ? 2 : 1, block.Norm1), Layers.Slope);
            y = graph.Convolution(y, block.Conv2, 1, block.Norm2);
            var s = block.Down ? graph.AveragePool2(x) : x;
            if (block.Shortcut is not null)
            {
                s = graph.Convolution(s, block.Shortcut);
            }
            x = graph.LeakyRelu(graph.Add(y, s), Layers.Slope);
        }
        return x;
    }

    private static OnnxValue NormalisedGrey(this OnnxGraph graph, OnnxValue image)
    {
        var grey = graph.Sum(graph.Multiply(image, graph.Constant(PoseEncoder.Luma, [1, 3, 1, 1], weight: false)), 1);
        var centred = graph.Subtract(grey, graph.Mean(grey, 1, 2, 3));
        var variance = graph.Add(graph.Mean(graph.Square(centred), 1, 2, 3), graph.Scalar(PoseEncoder.ContrastEpsilon));
        return graph.Divide(centred, graph.SquareRoot(variance));
    }

    private static OnnxValue Modulated(this OnnxGraph graph, OnnxValue x, OnnxValue w, ModulatedConvolution layer, bool upsample = false) => graph.LeakyRelu(
        graph.ModulatedConvolution(x, graph.Linear(w, layer.Style), layer.Conv, Math.Sqrt(2), ModulatedConvolution.Epsilon, upsample), Layers.Slope);

    private static OnnxValue Flatten(this OnnxGraph graph, OnnxValue x) => graph.Reshape(x, -1, x.Shape[1] * x.Shape[2] * x.Shape[3]);
}
