using static TorchSharp.torch;

namespace IpGan.Onnx.Tests;

/// <summary>A graph of one layer, run in ONNX Runtime, against the same layer in TorchSharp.</summary>
internal static class Parity
{
    public const double Bound = 1e-5;

    /// <summary>The batch is left open in the graph and run with each of these.</summary>
    private static readonly int[] Batches = [1, 3];

    /// <summary>Also checks that the shape which the graph claims is the shape that TorchSharp gives.</summary>
    public static void Check(long[] shape, Func<OnnxGraph, OnnxValue, OnnxValue> graph, Func<Tensor, Tensor> module,
        WeightStorage storage = WeightStorage.Full, double bound = Bound) =>
        Check([shape], (g, x) => graph(g, x[0]), x => module(x[0]), storage, bound);

    public static void Check(long[][] shapes, Func<OnnxGraph, OnnxValue[], OnnxValue> graph, Func<Tensor[], Tensor> module,
        WeightStorage storage = WeightStorage.Full, double bound = Bound)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var onnx = new OnnxGraph("test", storage);
        var output = graph(onnx, [.. shapes.Select((s, i) => onnx.Input($"x{i}", [-1, .. s]))]);
        onnx.Output("y", output);
        using var parity = new OnnxParity(onnx.Build("1.2.3"));
        foreach (var batch in Batches)
        {
            var inputs = shapes.Select(s => randn([batch, .. s]) * 2).ToArray();
            var expected = module(inputs);
            Assert.Equal(output.Shape.Select(d => d < 0 ? batch : d), expected.shape);
            parity.Check(inputs.Select((x, i) => (Name: $"x{i}", x)).ToDictionary(p => p.Name, p => p.x), new Dictionary<string, Tensor> { ["y"] = expected }, bound);
        }
    }
}
