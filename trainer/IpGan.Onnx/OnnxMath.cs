namespace IpGan.Onnx;

/// <summary>Arithmetic on values of a graph. Shapes are checked when a node is made.</summary>
public static class OnnxMath
{
    /// <summary>a + b, broadcast.</summary>
    public static OnnxValue Add(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Binary("Add", a, b);

    /// <summary>a − b, broadcast.</summary>
    public static OnnxValue Subtract(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Binary("Sub", a, b);

    /// <summary>a · b, broadcast.</summary>
    public static OnnxValue Multiply(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Binary("Mul", a, b);

    /// <summary>a · number.</summary>
    public static OnnxValue Multiply(this OnnxGraph graph, OnnxValue a, double number) => graph.Binary("Mul", a, graph.Scalar(number));

    /// <summary>a / b, broadcast.</summary>
    public static OnnxValue Divide(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Binary("Div", a, b);

    /// <summary>√a.</summary>
    public static OnnxValue SquareRoot(this OnnxGraph graph, OnnxValue a) => graph.Node("Sqrt", [a], a.Shape, []);

    /// <summary>a².</summary>
    public static OnnxValue Square(this OnnxGraph graph, OnnxValue a) => graph.Multiply(a, a);

    /// <summary>Matrix product [.., M, K] · [K, N].</summary>
    public static OnnxValue MatMul(this OnnxGraph graph, OnnxValue a, OnnxValue b) => a.Shape[^1] == b.Shape[^2]
        ? graph.Node("MatMul", [a, b], [.. a.Shape.SkipLast(1), b.Shape[^1]], [])
        : throw Mismatch("MatMul", a, b);

    /// <summary>Mean over axes, which stay with length 1.</summary>
    public static OnnxValue Mean(this OnnxGraph graph, OnnxValue a, params long[] axes) => graph.Reduce("ReduceMean", a, axes);

    /// <summary>Sum over axes, which stay with length 1.</summary>
    public static OnnxValue Sum(this OnnxGraph graph, OnnxValue a, params long[] axes) => graph.Reduce("ReduceSum", a, axes);

    /// <summary>Joined along an axis.</summary>
    public static OnnxValue Concat(this OnnxGraph graph, long axis, params OnnxValue[] values)
    {
        foreach (var value in values)
        {
            if (value.Shape.Count != values[0].Shape.Count || value.Shape.Where((d, i) => i != axis && d != values[0].Shape[i]).Any())
            {
                throw Mismatch("Concat", values[0], value);
            }
        }
        return graph.Node("Concat", values,
            [.. values[0].Shape.Select((d, i) => i != axis || d < 0 ? d : values.Sum(v => v.Shape[i]))], [OnnxGraph.Attribute("axis", axis)]);
    }

    /// <summary>Another shape of as many numbers; −1 for the batch, which may become a multiple of what it was, or a part.</summary>
    public static OnnxValue Reshape(this OnnxGraph graph, OnnxValue a, params long[] shape)
    {
        long Count(IEnumerable<long> s) => s.Where(d => d > 0).Aggregate(1L, (x, y) => x * y);
        var (from, to) = (Count(a.Shape), Count(shape));
        var batch = a.Shape.Contains(-1) && shape.Contains(-1);
        return from == to || (batch && (from % to == 0 || to % from == 0))
            ? graph.Node("Reshape", [a, graph.Integers(shape)], shape, [])
            : throw new ArgumentException($"{a.ShapeText} cannot become [{string.Join(", ", shape)}].");
    }

    /// <summary>Elements start to end (excluded) of an axis.</summary>
    public static OnnxValue Slice(this OnnxGraph graph, OnnxValue a, int axis, long start, long end) =>
        start >= 0 && end <= a.Shape[axis] && start < end
            ? graph.Node("Slice", [a, graph.Integers(start), graph.Integers(end), graph.Integers(axis)],
                [.. a.Shape.Select((d, i) => i == axis ? end - start : d)], [])
            : throw new ArgumentException($"Axis {axis} of {a.ShapeText} has no elements {start} to {end}.");

    /// <summary>The elements of an axis from the last to the first.</summary>
    public static OnnxValue Flip(this OnnxGraph graph, OnnxValue a, int axis) =>
        graph.Node("Slice", [a, graph.Integers(-1), graph.Integers(long.MinValue), graph.Integers(axis), graph.Integers(-1)], a.Shape, []);

    /// <summary>Zeros behind the last element of each axis, until it has the size that is asked for.</summary>
    public static OnnxValue PadTo(this OnnxGraph graph, OnnxValue a, params long[] shape)
    {
        var missing = a.Shape.Zip(shape, (from, to) => to - from).ToArray();
        return shape.Length == a.Shape.Count && missing.All(m => m >= 0)
            ? graph.Node("Pad", [a, graph.Integers([.. missing.Select(_ => 0L), .. missing])], shape, [])
            : throw new ArgumentException($"{a.ShapeText} cannot grow to [{string.Join(", ", shape)}].");
    }

    /// <summary>|a|.</summary>
    public static OnnxValue Absolute(this OnnxGraph graph, OnnxValue a) => graph.Node("Abs", [a], a.Shape, []);

    /// <summary>The sine of radians.</summary>
    public static OnnxValue Sine(this OnnxGraph graph, OnnxValue a) => graph.Node("Sin", [a], a.Shape, []);

    /// <summary>1 / (1 + e^−a).</summary>
    public static OnnxValue Sigmoid(this OnnxGraph graph, OnnxValue a) => graph.Node("Sigmoid", [a], a.Shape, []);

    /// <summary>The axes in another order.</summary>
    public static OnnxValue Transpose(this OnnxGraph graph, OnnxValue a, params long[] axes) => axes.Order().SequenceEqual(Enumerable.Range(0, a.Shape.Count).Select(i => (long)i))
        ? graph.Node("Transpose", [a], [.. axes.Select(i => a.Shape[(int)i])], [OnnxGraph.Attribute("perm", axes)])
        : throw new ArgumentException($"{a.ShapeText} has no axes [{string.Join(", ", axes)}] to be put in order.");

    /// <summary>Limited to a range.</summary>
    public static OnnxValue Clip(this OnnxGraph graph, OnnxValue a, double low, double high) =>
        graph.Node("Clip", [a, graph.Scalar(low), graph.Scalar(high)], a.Shape, []);

    /// <summary>a / max(|a|₂, ε) along an axis, as torch's normalize.</summary>
    public static OnnxValue Normalize(this OnnxGraph graph, OnnxValue a, int axis)
    {
        var norm = graph.SquareRoot(graph.Sum(graph.Square(a), axis));
        return graph.Divide(a, graph.Node("Max", [norm, graph.Scalar(1e-12)], norm.Shape, []));
    }

    private static OnnxValue Binary(this OnnxGraph graph, string type, OnnxValue a, OnnxValue b)
    {
        var rank = Math.Max(a.Shape.Count, b.Shape.Count);
        var shape = new long[rank];
        for (var i = 1; i <= rank; i++)
        {
            var x = i <= a.Shape.Count ? a.Shape[^i] : 1;
            var y = i <= b.Shape.Count ? b.Shape[^i] : 1;
            shape[^i] = x == y ? x : x == 1 ? y : y == 1 ? x : throw Mismatch(type, a, b);
        }
        return graph.Node(type, [a, b], shape, []);
    }

    private static OnnxValue Reduce(this OnnxGraph graph, string type, OnnxValue a, long[] axes) =>
        graph.Node(type, [a, graph.Integers(axes)], [.. a.Shape.Select((d, i) => axes.Contains(i) ? 1 : d)], [OnnxGraph.Attribute("keepdims", 1L)]);

    private static ArgumentException Mismatch(string type, OnnxValue a, OnnxValue b) =>
        new($"{type} cannot take {a.ShapeText} and {b.ShapeText}.");
}
