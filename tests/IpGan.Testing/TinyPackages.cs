using System.Text;
using Google.Protobuf;
using IpGan.Models;
using Onnx;

namespace IpGan.Testing;

/// <summary>One version of each role that belong together.</summary>
/// <param name="IdentityEncoder">Version of the identity encoder.</param>
/// <param name="PoseEncoder">Version of the pose encoder.</param>
/// <param name="Generator">Version of the generator.</param>
public readonly record struct TinySet(int IdentityEncoder, int PoseEncoder, int Generator);

/// <summary>
/// Real model packages that are small: networks of a layer or two with random weights, golden files made by running them. Another seed gives
/// another network, so that every answer tells which version it comes from (<see cref="PackageAnswers"/>); the space's id says which packages
/// belong together.
/// </summary>
public static class TinyPackages
{
    public const int IdentityDimension = 8;
    public const int PoseDimension = 4;
    public const string CropRule = "square1";

    /// <summary>From this cosine on the identity encoders take two photos for one person.</summary>
    public const double MatchThreshold = 0.9;

    /// <summary>The same for a vector that came over a bridge and one that did not.</summary>
    public const double BridgeThreshold = -0.5;

    private const int GoldenBatch = 2;
    private static readonly float[] Yaws = [-60, -30, 0, 30, 60];
    private static readonly float[] Pitches = [-20, 0, 20];
    private static readonly float[] Rolls = [-20, 0, 20];

    /// <summary>Publishes a version of every role.</summary>
    /// <param name="root">The model repository.</param>
    /// <param name="spaceId">Names the joint training: 8 hexadecimal digits.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="size">Pixels a side of the networks' pictures, a multiple of 4, at least 16; a face finder has its own.</param>
    /// <param name="ballast">Further weights in each, in bytes.</param>
    public static TinySet PublishSet(string root, string spaceId, int seed, int size = 16, int ballast = 0) => new(
        Publish(root, ModelRole.IdentityEncoder, spaceId, seed, size, ballast),
        Publish(root, ModelRole.PoseEncoder, spaceId, seed, size, ballast),
        Publish(root, ModelRole.Generator, spaceId, seed, size, ballast));

    /// <summary>Publishes a version of one role and returns it.</summary>
    public static int Publish(string root, ModelRole role, string spaceId, int seed, int size = 16, int ballast = 0) =>
        PackagePublisher.Publish(root, Draft(role, spaceId, seed, size, ballast));

    /// <summary>A package that is not published yet.</summary>
    public static PackageDraft Draft(ModelRole role, string spaceId, int seed, int size = 16, int ballast = 0)
    {
        var random = new Random(seed * 3 + (int)role);
        return role switch
        {
            ModelRole.IdentityEncoder => IdentityEncoder(spaceId, random, size, ballast),
            ModelRole.PoseEncoder => PoseEncoder(spaceId, random, size, ballast),
            ModelRole.FaceFinder => Complete(role, spaceId, random, TinyFinder.Side, TinyFinder.Model(random), []),
            _ => Generator(spaceId, random, size, ballast),
        };
    }

    /// <summary>The same network with a tensor in it for which no machine has memory.</summary>
    public static byte[] WithHugeTensor(byte[] model)
    {
        var proto = ModelProto.Parser.ParseFrom(model);
        var size = new TensorProto { Name = "huge_size", DataType = (int)TensorProto.Types.DataType.Int64, Dims = { 1 } };
        size.Int64Data.Add(1L << 56);
        proto.Graph.Initializer.Add(size);
        var last = proto.Graph.Node[^1];
        proto.Graph.Node.Insert(0, new NodeProto { OpType = "ConstantOfShape", Input = { "huge_size" }, Output = { "huge" } });
        proto.Graph.Node.Insert(1, new NodeProto { OpType = "ReduceSum", Input = { "huge" }, Output = { "huge_sum" } });
        proto.Graph.Node.Insert(proto.Graph.Node.Count - 1, new NodeProto { OpType = "Add", Input = { last.Input[0], "huge_sum" }, Output = { "with_huge" } });
        last.Input[0] = "with_huge";
        return proto.ToByteArray();
    }

    /// <summary>An identity encoder's package with a bridge from the space of another set: a fixed map that mixes the numbers.</summary>
    /// <param name="draft">The package without.</param>
    /// <param name="fromSpaceId">The other set's.</param>
    /// <param name="threshold">Of its crossed vectors.</param>
    public static PackageDraft WithBridge(PackageDraft draft, string fromSpaceId, double threshold = BridgeThreshold)
    {
        const string Path = "bridges/older.f32";
        var entry = new BridgeEntry(new VectorSpace(IdentitySpace(fromSpaceId), IdentityDimension), Path,
            new BridgeFigures(threshold, 0.7, 0.75, 0.8, 0.25, 0.5, 0.625, "nobody: this bridge is for tests"));
        return new PackageDraft(draft.Manifest with { Bridges = [entry] }, new Dictionary<string, byte[]>(draft.Files) { [Path] = Bridge.ToBytes() });
    }

    /// <summary>What <see cref="WithBridge"/> puts into a package: each number goes to the next place and is joined by half of its neighbour.</summary>
    public static IdentityBridge Bridge
    {
        get
        {
            var rows = new float[IdentityDimension * (IdentityDimension + 1)];
            for (var i = 0; i < IdentityDimension; i++)
            {
                rows[i * (IdentityDimension + 1) + (i + 1) % IdentityDimension] = 1;
                rows[i * (IdentityDimension + 1) + (i + 2) % IdentityDimension] = 0.5f;
                rows[i * (IdentityDimension + 1) + IdentityDimension] = 0.01f;
            }
            return new IdentityBridge(IdentityDimension, IdentityDimension, rows);
        }
    }

    /// <summary>The name of the identity space of a set.</summary>
    public static string IdentitySpace(string spaceId) => SpaceNames.Create("identity", spaceId, CropRule);

    /// <summary>The name of the pose space of a set.</summary>
    public static string PoseSpace(string spaceId) => SpaceNames.Create("pose", spaceId, CropRule);

    private static PackageDraft IdentityEncoder(string spaceId, Random random, int size, int ballast)
    {
        var graph = new TinyGraph(random);
        var (x, length) = Pooled(graph, size, ballast);
        var identity = graph.Node("LpNormalization", [graph.Linear(x, length, IdentityDimension, 0.5)],
            TinyGraph.Attribute("axis", 1L), TinyGraph.Attribute("p", 2L));
        graph.Output("identity", identity, -1, IdentityDimension);
        return Complete(ModelRole.IdentityEncoder, spaceId, random, size, graph.Build(), []);
    }

    private static PackageDraft PoseEncoder(string spaceId, Random random, int size, int ballast)
    {
        var graph = new TinyGraph(random);
        var (x, length) = Pooled(graph, size, ballast);
        graph.Output("pose", graph.Linear(x, length, PoseDimension, 0.3), -1, PoseDimension);
        graph.Output("angles", graph.Node("Mul", [graph.Node("Tanh", [graph.Linear(x, length, 3, 0.2)]), graph.Scalar(60)]), -1, 3);
        var anchors = from _ in Yaws from __ in Pitches from ___ in Rolls select Numbers(random, PoseDimension);
        return Complete(ModelRole.PoseEncoder, spaceId, random, size, graph.Build(), new()
        {
            [ModelPackage.AnchorsFile] = Encoding.UTF8.GetBytes(new PoseAnchors(Yaws, Pitches, Rolls, [.. anchors]).ToJson()),
        });
    }

    private static PackageDraft Generator(string spaceId, Random random, int size, int ballast)
    {
        var graph = new TinyGraph(random);
        var (identity, pose) = (graph.Input("identity", -1, IdentityDimension), graph.Input("pose", -1, PoseDimension));
        var both = graph.Node("Add",
        [
            graph.Linear(graph.Ballast(identity, IdentityDimension, ballast), IdentityDimension, 3 * size * size, 1),
            graph.Linear(pose, PoseDimension, 3 * size * size, 0.5),
        ]);
        graph.Output("image", graph.Node("Reshape", [graph.Node("Tanh", [both]), graph.Integers(-1, 3, size, size)]), -1, 3, size, size);
        var factor = new float[IdentityDimension * IdentityDimension];
        for (var row = 0; row < IdentityDimension; row++)
            Numbers(random, row + 1).CopyTo(factor, row * IdentityDimension);
        return Complete(ModelRole.Generator, spaceId, random, size, graph.Build(), new()
        {
            [ModelPackage.PriorFile] = new IdentityPrior(Numbers(random, IdentityDimension), factor).ToBytes(),
        });
    }

    private static (string Value, int Length) Pooled(TinyGraph graph, int size, int ballast)
    {
        var pooled = graph.Node("AveragePool", [graph.Input("image", -1, 3, size, size)],
            TinyGraph.Attribute("kernel_shape", size / 4, size / 4), TinyGraph.Attribute("strides", size / 4, size / 4));
        return (graph.Ballast(graph.Node("Flatten", [pooled]), 48, ballast), 48);
    }

    private static PackageDraft Complete(ModelRole role, string spaceId, Random random, int size, byte[] model, Dictionary<string, byte[]> files)
    {
        var image = new TensorSignature("image", [-1, 3, size, size]);
        var identity = new TensorSignature("identity", [-1, IdentityDimension]);
        var pose = new TensorSignature("pose", [-1, PoseDimension]);
        (TensorSignature[] inputs, TensorSignature[] outputs) = role switch
        {
            ModelRole.IdentityEncoder => (new[] { image }, new[] { identity }),
            ModelRole.PoseEncoder => ([image], [pose, new TensorSignature("angles", [-1, 3])]),
            ModelRole.FaceFinder => ([image], [TinyFinder.Output]),
            _ => ([identity, pose], [image]),
        };
        var given = inputs.ToDictionary(i => i.Name, i => Numbers(random, GoldenBatch * i.Shape.Skip(1).Aggregate(1, (a, b) => a * b)));
        var tensors = new List<GoldenTensor>();
        void Record(string kind, TensorSignature signature, float[] values)
        {
            var path = $"golden/{signature.Name}.f32";
            tensors.Add(new GoldenTensor(signature.Name, kind, [GoldenBatch, .. signature.Shape.Skip(1)], path));
            files[path] = PackageDraft.Floats(values);
        }
        foreach (var input in inputs)
            Record("input", input, given[input.Name]);
        foreach (var (output, values) in outputs.Zip(PackageAnswers.Run(model, inputs, outputs, GoldenBatch, name => given[name])))
            Record("output", output, values);
        files[ModelPackage.ModelFile] = model;
        files[ModelPackage.CardFile] = "# A tiny model for tests\n"u8.ToArray();
        return new PackageDraft(
            new Manifest
            {
                Role = role.Name(),
                Created = new DateTimeOffset(2026, 11, 24, 16, 0, 0, TimeSpan.Zero),
                TrainingRun = "tests",
                ImageSize = size,
                CropRule = CropRule,
                IdentitySpace = role is ModelRole.PoseEncoder or ModelRole.FaceFinder ? null : new VectorSpace(IdentitySpace(spaceId), IdentityDimension),
                PoseSpace = role is ModelRole.IdentityEncoder or ModelRole.FaceFinder ? null : new VectorSpace(PoseSpace(spaceId), PoseDimension),
                Inputs = inputs,
                Outputs = outputs,
                Verification = role == ModelRole.IdentityEncoder ? new VerificationFigures(MatchThreshold, 0.75, "nobody: this model is for tests") : null,
                Finder = role == ModelRole.FaceFinder ? TinyFinder.Figures : null,
                Golden = new GoldenSet(0.001, tensors),
            },
            files);
    }

    private static float[] Numbers(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)(2 * random.NextDouble() - 1);
        return values;
    }
}
