using Google.Protobuf;
using Onnx;

namespace IpGan.Testing;

/// <summary>Builds the ONNX files of <see cref="TinyPackages"/>: real networks, small enough to be made, loaded and run in a moment.</summary>
internal sealed class TinyGraph(Random random)
{
    private readonly GraphProto _graph = new() { Name = "tiny" };
    private int _names;

    public string Input(string name, params int[] shape)
    {
        _graph.Input.Add(Info(name, shape));
        return name;
    }

    public void Output(string name, string value, params int[] shape)
    {
        var node = new NodeProto { OpType = "Identity" };
        node.Input.Add(value);
        node.Output.Add(name);
        _graph.Node.Add(node);
        _graph.Output.Add(Info(name, shape));
    }

    public string Node(string type, string[] inputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = type };
        node.Input.AddRange(inputs);
        node.Output.Add($"v{_names++}");
        node.Attribute.AddRange(attributes);
        _graph.Node.Add(node);
        return node.Output[0];
    }

    /// <summary>Random weights, uniform with this deviation.</summary>
    public string Weights(double deviation, params int[] shape)
    {
        var values = new float[shape.Aggregate((a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(deviation * Math.Sqrt(3) * (2 * random.NextDouble() - 1));
        var bytes = new byte[4 * values.Length];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return Initializer(TensorProto.Types.DataType.Float, shape, bytes);
    }

    /// <summary>Weights as they are given.</summary>
    public string Values(float[] values, params int[] shape)
    {
        var bytes = new byte[4 * values.Length];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return Initializer(TensorProto.Types.DataType.Float, shape, bytes);
    }

    public string Scalar(float value) => Initializer(TensorProto.Types.DataType.Float, [], BitConverter.GetBytes(value));

    public string Integers(params long[] values)
    {
        var bytes = new byte[8 * values.Length];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return Initializer(TensorProto.Types.DataType.Int64, [values.Length], bytes);
    }

    /// <summary>x·W + b, of [N, inputs].</summary>
    public string Linear(string x, int inputs, int outputs, double deviation) =>
        Node("Gemm", [x, Weights(deviation, inputs, outputs), Weights(0.1, outputs)]);

    /// <summary>
    /// Weights of about <paramref name="bytes"/> bytes that take part in every run and change nothing: their weighted sum, times nearly zero, is
    /// added to <paramref name="x"/>, [N, length].
    /// </summary>
    public string Ballast(string x, int length, int bytes)
    {
        if (bytes == 0)
            return x;
        var sum = Node("ReduceMean", [Node("MatMul", [x, Weights(1, length, Math.Max(1, bytes / 4 / length))]), Integers(1)]);
        return Node("Add", [x, Node("Mul", [sum, Scalar(1e-20f)])]);
    }

    public byte[] Build()
    {
        var model = new ModelProto { IrVersion = 10, ProducerName = "ip-gan-tests", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 21 });
        return model.ToByteArray();
    }

    public static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Attribute(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    private string Initializer(TensorProto.Types.DataType type, int[] shape, byte[] bytes)
    {
        var tensor = new TensorProto { Name = $"w{_names++}", DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape.Select(d => (long)d));
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private static ValueInfoProto Info(string name, int[] shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var d in shape)
        {
            dimensions.Dim.Add(d < 0
                ? new TensorShapeProto.Types.Dimension { DimParam = "N" }
                : new TensorShapeProto.Types.Dimension { DimValue = d });
        }
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float, Shape = dimensions } },
        };
    }
}
