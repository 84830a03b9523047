using Google.Protobuf;
using Onnx;

namespace IpGan.Onnx;

/// <summary>A value in a graph: its name and its shape, −1 for the batch.</summary>
public readonly record struct OnnxValue(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>The shape as text: [N, 3, 64, 64].</summary>
    public string ShapeText => $"[{string.Join(", ", Shape.Select(d => d < 0 ? "N" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
}

/// <summary>How weights are stored. They are computed with in float32 either way.</summary>
public enum WeightStorage
{
    /// <summary>As they are.</summary>
    Full,

    /// <summary>In half the space; a Cast follows each, which runtimes fold when they load the model.</summary>
    Half,
}

/// <summary>
/// Builds an ONNX model, operator set 21, node by node. This class knows names, shapes and bytes; the layers are in <see cref="OnnxLayers"/>
/// and <see cref="OnnxMath"/>. Nodes are made as they are asked for; nothing is optimised, which is the runtime's work.
/// </summary>
public sealed class OnnxGraph
{
    private const int OperatorSet = 21;
    private const int IrVersion = 10;

    private readonly GraphProto _graph;
    private readonly WeightStorage _storage;
    private readonly Dictionary<string, string> _metadata = [];
    private int _names;

    /// <summary>An empty graph.</summary>
    public OnnxGraph(string name, WeightStorage storage = WeightStorage.Full)
    {
        _graph = new GraphProto { Name = name };
        _storage = storage;
    }

    /// <summary>An input, float32; −1 stands for the batch.</summary>
    public OnnxValue Input(string name, params long[] shape)
    {
        _graph.Input.Add(Info(name, shape));
        return new OnnxValue(name, shape);
    }

    /// <summary>Makes a value an output under this name.</summary>
    public void Output(string name, OnnxValue value)
    {
        Node("Identity", [value], value.Shape, [], name);
        _graph.Output.Add(Info(name, value.Shape));
    }

    /// <summary>A note in the model's metadata, readable from a session.</summary>
    public void Metadata(string key, string value) => _metadata[key] = value;

    /// <summary>A constant of float32 numbers, stored as the graph's storage says if it is a weight.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many numbers; or one is not finite, or too large for half precision.</exception>
    public OnnxValue Constant(ReadOnlySpan<float> values, long[] shape, bool weight = true)
    {
        if (values.Length != shape.Aggregate(1L, (a, b) => a * b))
        {
            throw new ArgumentException($"{values.Length} numbers do not fill a constant of [{string.Join(", ", shape)}].");
        }
        var half = weight && _storage == WeightStorage.Half;
        var bytes = new byte[values.Length * (half ? 2 : 4)];
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]) || (half && Math.Abs(values[i]) > (float)Half.MaxValue))
            {
                throw new ArgumentException($"A weight is {values[i]}, which cannot be exported{(half ? " in half precision" : "")}.");
            }
            if (half)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(i * 2), (Half)values[i]);
            }
            else
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(i * 4), values[i]);
            }
        }
        var stored = Initializer(half ? TensorProto.Types.DataType.Float16 : TensorProto.Types.DataType.Float, shape, bytes);
        return half ? Node("Cast", [stored], shape, [Attribute("to", (long)TensorProto.Types.DataType.Float)]) : stored;
    }

    /// <summary>A single number.</summary>
    public OnnxValue Scalar(double value) => Constant([(float)value], [], weight: false);

    /// <summary>A constant list of whole numbers, as shapes and axes are given.</summary>
    public OnnxValue Integers(params long[] values)
    {
        var bytes = new byte[values.Length * 8];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return Initializer(TensorProto.Types.DataType.Int64, [values.Length], bytes);
    }

    /// <summary>The model's bytes.</summary>
    public byte[] Build(string producerVersion)
    {
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "ip-gan",
            ProducerVersion = producerVersion,
            Graph = _graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OperatorSet });
        foreach (var (key, value) in _metadata)
        {
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }
        return model.ToByteArray();
    }

    internal OnnxValue Node(string type, IEnumerable<OnnxValue> inputs, IReadOnlyList<long> shape, IEnumerable<AttributeProto> attributes, string? name = null)
    {
        var output = name ?? $"v{_names++}";
        var node = new NodeProto { OpType = type, Name = $"{type}_{_graph.Node.Count}" };
        node.Input.AddRange(inputs.Select(i => i.Name));
        node.Output.Add(output);
        node.Attribute.AddRange(attributes);
        _graph.Node.Add(node);
        return new OnnxValue(output, shape);
    }

    internal static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    internal static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    internal static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    internal static AttributeProto Attribute(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    private OnnxValue Initializer(TensorProto.Types.DataType type, long[] shape, byte[] bytes)
    {
        var tensor = new TensorProto { Name = $"w{_names++}", DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape);
        _graph.Initializer.Add(tensor);
        return new OnnxValue(tensor.Name, shape);
    }

    private static ValueInfoProto Info(string name, IReadOnlyList<long> shape)
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
