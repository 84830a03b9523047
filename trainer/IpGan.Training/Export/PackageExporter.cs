using System.Globalization;
using System.Security.Cryptography;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Onnx;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>What one export wrote.</summary>
/// <param name="Role">The role.</param>
/// <param name="Version">The version that the package got.</param>
/// <param name="LargestError">Largest absolute difference between TorchSharp and ONNX Runtime over all parity inputs.</param>
/// <param name="Bytes">Size of model.onnx.</param>
public sealed record ExportedPackage(ModelRole Role, int Version, double LargestError, long Bytes)
{
    /// <summary>The bridges in it.</summary>
    public IReadOnlyList<BridgeEntry> Bridges { get; init; } = [];

    /// <summary>The package of the repository that an encoder was found to answer like, so that it keeps its space; null for others.</summary>
    public ModelPackage? Spoken { get; init; }
}

/// <summary>
/// Turns the averaged networks into the three packages of one joint training: graphs, parity check, golden files, anchors, prior, manifests
/// and cards. The networks are changed on the way (normalisation folded, weights rounded) and should not be trained on afterwards.
/// </summary>
public sealed class PackageExporter(NetworkSet networks, TrainingFaces faces, TrainingPreset preset, RunState state)
{
    private const string EarlierEncoder = ", with the encoder that made the space";
    private const double ParityBound = 1e-4;
    private const double GoldenTolerance = 2e-3;
    private const double DegreesTolerance = 0.05;
    private const int GoldenBatch = 2;
    private static readonly int[] ParityBatches = [1, 3, 16];
    private static readonly Dictionary<string, double> Units = new() { ["angles"] = PoseEncoder.DegreesPerUnit.Max() };

    /// <summary>Older identity encoders: ways from their spaces are fitted, measured and put into the new one's package.</summary>
    public IReadOnlyList<ModelPackage> BridgesFrom { get; init; } = [];

    /// <summary>The table of angles, where it has been fitted already; null: it is fitted.</summary>
    public PoseAnchors? Anchors { get; init; }

    /// <summary>Signs the packages; null: nobody does.</summary>
    public ECDsa? Key { get; init; }

    /// <summary>
    /// Checks all three networks, and only then publishes all three packages. An encoder that answers like one of the repository's speaks its space, so that vectors stay good where the generator
    /// alone was trained; one that does not makes a new space.
    /// </summary>
    /// <param name="repository">The model repository's root.</param>
    /// <param name="storage">How weights are stored.</param>
    /// <param name="dataNote">Where the training data came from and what its licence allows: goes into the cards.</param>
    /// <param name="evaluate">An evaluation for the cards, if there is to be one. It takes long: first comes what may refuse.</param>
    /// <param name="heads">Rendered heads, on which the table of angles is measured where photos' angles are estimates that fail.</param>
    /// <exception cref="OnnxParityException">An exported network does not say what the trained one says; nothing is published.</exception>
    public IReadOnlyList<ExportedPackage> Export(string repository, WeightStorage storage, string dataNote, Func<EvaluationReport>? evaluate, TrainingFaces? heads = null)
    {
        Prepare(networks, storage);
        var vectors = new FaceVectors(networks, faces);
        var anchors = Anchors ?? AnchorFit.Fit(networks, faces, heads);
        var prior = PriorFit.Fit(vectors, faces);
        // The id names this joint training at this moment: the same weights give the same spaces.
        var id = SpaceId();
        var (identitySpace, spokenIdentity) = Space(ModelRole.IdentityEncoder, "identity", preset.Sizes.IdentityDimension, networks.AverageIdentity.forward);
        var (poseSpace, spokenPose) = Space(ModelRole.PoseEncoder, "pose", preset.Sizes.PoseDimension, networks.AveragePose.forward);
        var bridges = Bridges(identitySpace);
        if (spokenIdentity is not null)
        {
            bridges.AddRange(FittedBridge.Of(spokenIdentity).Where(b => bridges.TrueForAll(f => f.From != b.From)));
        }
        var report = evaluate?.Invoke();
        var card = new ModelCard(preset, state, dataNote, anchors.Reach, report, heads is not null) { Bridges = bridges };

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var real = RealPictures();
        var drafts = new[]
        {
            IdentityDraft(storage, identitySpace, real, card, bridges,
                report is null ? spokenIdentity?.Manifest.Verification : Figures(report.FrontalFrontal, report.People)),
            PoseDraft(storage, poseSpace, anchors, real, card),
            Draft(ModelRole.Generator, NetworkGraphs.Generator(networks.AverageGenerator, storage), identitySpace, poseSpace, Vectors(real),
                x => new() { ["image"] = networks.AverageGenerator.forward(x["identity"], x["pose"]).clamp(-1, 1) }, card,
                new() { [ModelPackage.PriorFile] = prior.ToBytes() }),
        };
        return [.. Publish(repository, drafts).Select(p => p with
        {
            Spoken = p.Role == ModelRole.IdentityEncoder ? spokenIdentity : p.Role == ModelRole.PoseEncoder ? spokenPose : null,
        })];

        (VectorSpace, ModelPackage?) Space(ModelRole role, string kind, int dimension, Func<Tensor, Tensor> encoder)
        {
            var spoken = SpokenSpace.Find(repository, role, dimension, preset.Sizes.ImageSize, x => encoder(x.to(networks.Device)));
            return (spoken is null ? new VectorSpace(SpaceNames.Create(kind, id, CropRule.Id), dimension) : SpokenSpace.Space(spoken), spoken);
        }
    }

    /// <summary>Makes the averaged networks those that are published, up to which nothing measured on them is about the packages. Once is enough; exporting does it, too.</summary>
    /// <param name="networks">To be exported.</param>
    /// <param name="storage">How weights will be stored.</param>
    /// <exception cref="InvalidOperationException">A weight is not finite.</exception>
    public static void Prepare(NetworkSet networks, WeightStorage storage) => ExportPreparation.Prepare(networks, half: storage == WeightStorage.Half);

    /// <summary>Publishes the encoder of an update alone, under the name of the space that it was trained into.</summary>
    /// <param name="repository">The model repository's root.</param>
    /// <param name="storage">How weights are stored.</param>
    /// <param name="dataNote">Where the training data came from and what its licence allows: goes into the card.</param>
    /// <param name="old">The model whose space it is.</param>
    /// <param name="measured">Told how far old and new agree, before anything is refused or published.</param>
    /// <exception cref="InvalidOperationException">They do not agree enough to keep the name; nothing is published.</exception>
    public ExportedPackage ExportUpdate(string repository, WeightStorage storage, string dataNote, FaceModel old, Action<AgreementReport> measured)
    {
        var update = preset.Into ?? throw new InvalidOperationException("The run is no update into a space.");
        Prepare(networks, storage);
        var vectors = new FaceVectors(networks, faces);
        using var renewed = FaceModel.Of(networks);
        var agreement = Agreement.Measure(update.ParsedRole, renewed, old, faces, vectors.Angles);
        measured(agreement);
        if (agreement.Refusal is { } refusal)
        {
            throw new InvalidOperationException($"The new {update.Role} does not speak '{update.Space}' well enough to keep its name: {refusal}. Nothing was published.");
        }
        var identity = update.ParsedRole == ModelRole.IdentityEncoder;
        var quality = identity ? Figures(faces, renewed) : null;
        // The generator of the space draws, and the table was set by what it draws.
        var anchors = old.Anchors!;
        var bridges = identity ? BridgesOfUpdate(old) : [];
        var card = new ModelCard(preset, state, dataNote, anchors.Reach, report: null, measuredOnHeads: null) { Agreement = agreement, Bridges = bridges };
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var real = RealPictures();
        return Publish(repository, [identity ? IdentityDraft(storage, old.IdentitySpace!, real, card, bridges, quality) : PoseDraft(storage, old.PoseSpace!, anchors, real, card)])[0];
    }

    private List<ExportedPackage> Publish(string repository, (PackageDraft Draft, double Error)[] drafts)
    {
        var versions = PackagePublisher.PublishAll(repository, [.. drafts.Select(d => d.Draft)], key: Key);
        return [.. drafts.Zip(versions, (d, version) => new ExportedPackage(
            ModelRoles.Parse(d.Draft.Manifest.Role), version, d.Error, d.Draft.Files[ModelPackage.ModelFile].Length) { Bridges = d.Draft.Manifest.Bridges ?? [] })];
    }

    private List<FittedBridge> Bridges(VectorSpace into)
    {
        if (BridgesFrom.FirstOrDefault(o => o.Manifest.IdentitySpace == into) is { } same)
        {
            throw new ArgumentException($"'{same.Folder}' speaks '{into.Name}' itself: no bridge is needed.");
        }
        using var renewed = FaceModel.Of(networks);
        return [.. BridgesFrom.Select(old => BridgeFit.Fit(old, renewed, faces))];
    }

    // The space stays, and with it the ways into it; what is lost on them was measured before.
    private List<FittedBridge> BridgesOfUpdate(FaceModel old)
    {
        var fitted = Bridges(old.IdentitySpace!);
        var kept = old.Bridges.Where(b => fitted.TrueForAll(f => f.From != b.From))
            .Select(b => b with { Measured = b.Measured with { MeasuredOn = WithAnother(b.Measured.MeasuredOn) } });
        return [.. fitted, .. kept];

        static string WithAnother(string on) => on.EndsWith(EarlierEncoder, StringComparison.Ordinal) ? on : on + EarlierEncoder;
    }

    // Callers compare photos of any view; a threshold for profiles would take too many frontal strangers for one person.
    private static VerificationFigures Figures(Verification pairs, int people) => new(pairs.Threshold, pairs.HeldOutAccuracy ?? pairs.Accuracy, string.Create(
        CultureInfo.InvariantCulture, $"{pairs.Pairs} frontal–frontal pairs of one person and {pairs.DifferentPairs} of two, {people} people never trained on"));

    private static VerificationFigures Figures(TrainingFaces faces, FaceModel model)
    {
        var people = Evaluator.People(faces);
        return Figures(Evaluator.FrontalPairs(faces, people, PhotoVectors.Of(faces, [.. people.SelectMany(p => p)], x => FaceVectors.Split(model.Identity(x)))), people.Count);
    }

    private (PackageDraft Draft, double Error) IdentityDraft(
        WeightStorage storage, VectorSpace space, Tensor real, ModelCard card, List<FittedBridge> bridges, VerificationFigures? quality)
    {
        // What may not be in a file's name is in a space's.
        var paths = bridges.ToDictionary(b => b, b => $"bridges/{string.Concat(b.From.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_'))}.f32");
        var (draft, error) = Draft(
            ModelRole.IdentityEncoder, NetworkGraphs.Identity(networks.AverageIdentity, storage), space, null, Pictures(real),
            x => new() { ["identity"] = networks.AverageIdentity.forward(x["image"]) }, card, paths.ToDictionary(p => p.Value, p => p.Key.Map.ToBytes()), quality);
        var entries = bridges.ConvertAll(b => new BridgeEntry(b.From, paths[b], b.Measured));
        return (draft with { Manifest = draft.Manifest with { Bridges = entries.Count > 0 ? entries : null } }, error);
    }

    private (PackageDraft Draft, double Error) PoseDraft(WeightStorage storage, VectorSpace space, PoseAnchors anchors, Tensor real, ModelCard card) => Draft(
        ModelRole.PoseEncoder, NetworkGraphs.Pose(networks.AveragePose, storage), null, space, Pictures(real),
        x => PoseOutputs(x["image"]), card, new() { [ModelPackage.AnchorsFile] = System.Text.Encoding.UTF8.GetBytes(anchors.ToJson()) });

    private Dictionary<string, Tensor> PoseOutputs(Tensor image)
    {
        var pose = networks.AveragePose.forward(image);
        return new() { ["pose"] = pose, ["angles"] = networks.AveragePose.Angles(pose) * tensor(PoseEncoder.DegreesPerUnit) };
    }

    private (PackageDraft Draft, double Error) Draft(
        ModelRole role, OnnxGraph graph, VectorSpace? identitySpace, VectorSpace? poseSpace, List<Dictionary<string, Tensor>> inputs,
        Func<Dictionary<string, Tensor>, Dictionary<string, Tensor>> network, ModelCard card, Dictionary<string, byte[]> files,
        VerificationFigures? verification = null)
    {
        graph.Metadata("role", role.Name());
        graph.Metadata("identitySpace", identitySpace?.Name ?? "");
        graph.Metadata("poseSpace", poseSpace?.Name ?? "");
        var model = graph.Build(typeof(PackageExporter).Assembly.GetName().Version!.ToString(3));
        using var parity = new OnnxParity(model);
        var error = 0.0;
        foreach (var input in inputs)
        {
            error = Math.Max(error, Check(role, parity, input, network(input)));
        }
        // The last inputs are the golden ones: drawn from a seed, so that no photo of anybody goes into a package.
        var golden = inputs[^1];
        var tensors = new List<GoldenTensor>();
        void Record(string name, string kind, long[] shape, float[] values)
        {
            var path = $"golden/{name}.f32";
            tensors.Add(new GoldenTensor(name, kind, [.. shape.Select(d => (int)d)], path));
            files.Add(path, PackageDraft.Floats(values));
        }
        foreach (var (name, value) in golden)
        {
            Record(name, "input", value.shape, value.cpu().contiguous().data<float>().ToArray());
        }
        var expected = network(golden);
        foreach (var (name, values) in parity.Run(golden))
        {
            Record(name, "output", expected[name].shape, values);
        }
        TensorSignature Signature(string name, long[] shape) => new(name, [-1, .. shape.Skip(1).Select(d => (int)d)]);
        files.Add(ModelPackage.ModelFile, model);
        files.Add(ModelPackage.CardFile, System.Text.Encoding.UTF8.GetBytes(card.Write(role, error, identitySpace, poseSpace)));
        return (new PackageDraft(
            new Manifest
            {
                Role = role.Name(),
                Created = DateTimeOffset.UtcNow,
                TrainingRun = string.Create(CultureInfo.InvariantCulture, $"{preset.Name}-seed{state.Seed}-{state.Triples}"),
                ImageSize = preset.Sizes.ImageSize,
                CropRule = CropRule.Id,
                IdentitySpace = identitySpace,
                PoseSpace = poseSpace,
                Inputs = [.. golden.Select(g => Signature(g.Key, g.Value.shape))],
                Outputs = [.. expected.Select(e => Signature(e.Key, e.Value.shape))],
                Verification = verification,
                Golden = new GoldenSet(role == ModelRole.PoseEncoder ? DegreesTolerance : GoldenTolerance, tensors),
            },
            files), error);
    }

    private static double Check(ModelRole role, OnnxParity parity, Dictionary<string, Tensor> input, Dictionary<string, Tensor> expected)
    {
        try
        {
            return parity.Check(input, expected, ParityBound, Units);
        }
        catch (OnnxParityException e)
        {
            throw new OnnxParityException($"{role.Name()} on {input.Values.First().shape[0]} inputs: {e.Message} Nothing was published.", e);
        }
    }

    private Tensor RealPictures()
    {
        var random = new Random(6);
        var indices = faces.Indices.OrderBy(_ => random.Next()).Take(ParityBatches[^1]).ToList();
        using var batch = FaceBatch.Create(faces, indices.ConvertAll(i => new FaceDraw(i, false)), networks.Device);
        return batch.Pictures.contiguous();
    }

    private List<Dictionary<string, Tensor>> Pictures(Tensor real)
    {
        var side = preset.Sizes.ImageSize;
        manual_seed(7);
        var inputs = ParityBatches.Select(n => new Dictionary<string, Tensor> { ["image"] = rand(n, 3, side, side) * 2 - 1 })
            .Append(new() { ["image"] = real }).ToList();
        // Faces of nobody: drawn from the prior by the generator.
        var identity = nn.functional.normalize(randn(GoldenBatch, preset.Sizes.IdentityDimension), p: 2, dim: 1);
        inputs.Add(new() { ["image"] = networks.AverageGenerator.forward(identity, randn(GoldenBatch, preset.Sizes.PoseDimension)).clamp(-1, 1).contiguous() });
        return inputs;
    }

    private List<Dictionary<string, Tensor>> Vectors(Tensor real)
    {
        manual_seed(8);
        Dictionary<string, Tensor> Random(int n) => new()
        {
            ["identity"] = nn.functional.normalize(randn(n, preset.Sizes.IdentityDimension), p: 2, dim: 1),
            ["pose"] = randn(n, preset.Sizes.PoseDimension),
        };
        var inputs = ParityBatches.Select(Random).ToList();
        inputs.Add(new() { ["identity"] = networks.AverageIdentity.forward(real), ["pose"] = networks.AveragePose.forward(real) });
        inputs.Add(Random(GoldenBatch));
        return inputs;
    }

    private string SpaceId()
    {
        var hash = new System.IO.Hashing.XxHash3();
        // The same weights give other vectors when a network's function changes: then this does, too.
        hash.Append("identity: mean of a picture and its mirror image"u8);
        foreach (var module in new nn.Module[] { networks.AverageIdentity, networks.AveragePose })
        {
            foreach (var parameter in module.parameters())
            {
                hash.Append(parameter.detach().cpu().contiguous().bytes);
            }
        }
        return ((uint)hash.GetCurrentHashAsUInt64()).ToString("x8", CultureInfo.InvariantCulture);
    }
}
