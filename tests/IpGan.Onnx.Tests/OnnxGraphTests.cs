using Onnx;

namespace IpGan.Onnx.Tests;

public sealed class OnnxGraphTests
{
    private static OnnxGraph Doubling(WeightStorage storage = WeightStorage.Full)
    {
        var graph = new OnnxGraph("doubling", storage);
        graph.Metadata("role", "test");
        graph.Output("y", graph.Multiply(graph.Input("x", -1, 3), graph.Constant([2, 2, 2], [1, 3])));
        return graph;
    }

    private static ModelProto Parse(OnnxGraph graph) => ModelProto.Parser.ParseFrom(graph.Build("1.2.3"));

    [Fact]
    public void A_model_says_operator_set_21_and_format_10()
    {
        var model = Parse(Doubling());
        Assert.Equal(10, model.IrVersion);
        var set = Assert.Single(model.OpsetImport);
        Assert.Equal(("", 21L), (set.Domain, set.Version));
        Assert.Equal(("ip-gan", "1.2.3", "doubling"), (model.ProducerName, model.ProducerVersion, model.Graph.Name));
    }

    [Fact]
    public void Inputs_and_outputs_have_names_shapes_and_an_open_batch()
    {
        var graph = Parse(Doubling()).Graph;
        foreach (var (name, value) in new[] { ("x", Assert.Single(graph.Input)), ("y", Assert.Single(graph.Output)) })
        {
            Assert.Equal(name, value.Name);
            Assert.Equal((int)TensorProto.Types.DataType.Float, value.Type.TensorType.ElemType);
            Assert.Equal(["N", "3"], value.Type.TensorType.Shape.Dim.Select(d => d.DimParam is { Length: > 0 } open ? open : $"{d.DimValue}"));
        }
    }

    [Fact]
    public void Metadata_is_readable_from_a_session()
    {
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(Doubling().Build("1.2.3"));
        Assert.Equal("test", session.ModelMetadata.CustomMetadataMap["role"]);
    }

    [Fact]
    public void Half_storage_halves_weights_and_nothing_else()
    {
        var graph = new OnnxGraph("test", WeightStorage.Half);
        var x = graph.Input("x", -1, 3);
        graph.Output("y", graph.Add(graph.Multiply(x, graph.Constant([1, 2, 3], [1, 3])), graph.Constant([1, 2, 3], [1, 3], weight: false)));
        var initializers = Parse(graph).Graph.Initializer;
        Assert.Equal([(int)TensorProto.Types.DataType.Float16, (int)TensorProto.Types.DataType.Float], initializers.Select(i => i.DataType));
        Assert.Equal([6, 12], initializers.Select(i => i.RawData.Length));
    }

    [Theory]
    [InlineData(float.NaN, WeightStorage.Full)]
    [InlineData(float.PositiveInfinity, WeightStorage.Half)]
    [InlineData(70_000f, WeightStorage.Half)]
    public void A_weight_that_cannot_be_stored_is_refused(float weight, WeightStorage storage) =>
        Assert.Contains("cannot be exported", Assert.Throws<ArgumentException>(() => new OnnxGraph("test", storage).Constant([weight], [1])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_constant_of_too_few_numbers_is_refused() =>
        Assert.Equal("2 numbers do not fill a constant of [1, 3].", Assert.Throws<ArgumentException>(() => new OnnxGraph("test").Constant([1, 2], [1, 3])).Message);
}
