using IpGan.Onnx;
using IpGan.Training.Networks;

namespace IpGan.Training.Finding;

/// <summary>The finder as an ONNX graph: mirrors its network's forward, layer by layer.</summary>
internal static class FinderGraph
{
    /// <summary>image [N, 3, S, S] → faces [N, K, 6].</summary>
    public static OnnxGraph Create(FinderNetwork network, int side, WeightStorage storage)
    {
        var graph = new OnnxGraph("face-finder", storage);
        var x = graph.Normed(graph.Input("image", -1, 3, side, side), network.Stem);
        var levels = new List<OnnxValue>();
        for (var i = 0; i < network.Down.Count; i++)
        {
            x = network.Same[i].Aggregate(graph.Normed(x, network.Down[i]), graph.Normed);
            levels.Add(x);
        }
        var candidates = new OnnxValue[levels.Count];
        OnnxValue? above = null;
        for (var i = levels.Count - 1; i >= 0; i--)
        {
            var merged = graph.Convolution(levels[i], network.Lateral[i]);
            if (above is { } coarser)
            {
                merged = graph.Add(merged, graph.UpsampleBilinear2(coarser));
            }
            above = merged;
            candidates[i] = graph.Candidates(graph.Convolution(graph.Normed(merged, network.Smooth[i]), network.Head[i]), FinderNetwork.Strides[i], side);
        }
        graph.Output("faces", graph.Concat(1, candidates));
        return graph;
    }

    private static OnnxValue Normed(this OnnxGraph graph, OnnxValue x, NormedConvolution layer) =>
        graph.LeakyRelu(graph.Convolution(x, layer.Conv, layer.Stride, layer.Norm), Layers.Slope);

    private static OnnxValue Candidates(this OnnxGraph graph, OnnxValue map, int stride, int side)
    {
        var (scale, x, y) = FinderNetwork.GridNumbers(stride, side);
        var cells = side / stride;
        OnnxValue Constant(float[] values, params long[] shape) => graph.Constant(values, shape, weight: false);
        var placed = graph.Multiply(map, Constant(scale, 1, FinderNetwork.Columns, 1, 1));
        placed = graph.Add(graph.Add(placed, Constant(x, 1, FinderNetwork.Columns, 1, cells)), Constant(y, 1, FinderNetwork.Columns, cells, 1));
        var joined = graph.Concat(1, graph.Sigmoid(graph.Slice(map, 1, 0, 1)), graph.Slice(placed, 1, 1, FinderNetwork.Columns));
        return graph.Transpose(graph.Reshape(joined, -1, FinderNetwork.Columns, (long)cells * cells), 0, 2, 1);
    }
}
