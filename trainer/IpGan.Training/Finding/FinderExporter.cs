using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Onnx;
using IpGan.Training.Export;
using static TorchSharp.torch;

namespace IpGan.Training.Finding;

/// <summary>Turns a finder into a package: graph, parity check, golden files, figures, card. The network is changed on the way (normalisation folded, weights
/// rounded) and should not be trained on afterwards.</summary>
public static class FinderExporter
{
    private const int Side = FinderEvaluation.Side;
    private const double ParityBound = 1e-4;
    private const double GoldenTolerance = 5e-3;

    /// <summary>Checks and publishes.</summary>
    /// <param name="network">The finder.</param>
    /// <param name="steps">How long it was trained.</param>
    /// <param name="report">Measures the network as it will be exported; its threshold is what services decide by.</param>
    /// <param name="heads">Scenes of rendered heads: the golden picture, in which there is no photo of anybody.</param>
    /// <param name="repository">The model repository's root.</param>
    /// <param name="storage">How weights are stored.</param>
    /// <param name="dataNote">Where the training data came from and what its licence allows.</param>
    /// <param name="key">Signs the package; null: nobody does.</param>
    /// <exception cref="OnnxParityException">The exported network does not say what the trained one says; nothing is published.</exception>
    public static (ExportedPackage Package, FinderReport Report) Export(
        FinderNetwork network, long steps, Func<FinderNetwork, FinderReport> report, SceneComposer heads, string repository, WeightStorage storage, string dataNote,
        ECDsa? key = null)
    {
        network.eval();
        ExportPreparation.Prepare(network, half: storage == WeightStorage.Half);
        var measured = report(network);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var graph = FinderGraph.Create(network, Side, storage);
        graph.Metadata("role", ModelRole.FaceFinder.Name());
        var model = graph.Build(typeof(FinderExporter).Assembly.GetName().Version!.ToString(3));
        using var parity = new OnnxParity(model);
        manual_seed(7);
        var noise = new Dictionary<string, Tensor> { ["image"] = rand(2, 3, Side, Side) * 2 - 1 };
        var scene = GoldenScene(heads);
        var golden = new Dictionary<string, Tensor> { ["image"] = tensor(scene.Pixels, [1, 3, Side, Side]) };
        var error = new[] { noise, golden }.Max(input => parity.Check(input, new Dictionary<string, Tensor> { ["faces"] = network.forward(input["image"]) }, ParityBound));
        var (name, values) = parity.Run(golden)[0];
        var candidates = values.Length / FinderNetwork.Columns;
        var files = new Dictionary<string, byte[]>
        {
            [ModelPackage.ModelFile] = model,
            [ModelPackage.CardFile] = Encoding.UTF8.GetBytes(Card(steps, measured, error, dataNote)),
            ["golden/image.f32"] = PackageDraft.Floats(scene.Pixels),
            ["golden/faces.f32"] = PackageDraft.Floats(values),
        };
        var manifest = new Manifest
        {
            Role = ModelRole.FaceFinder.Name(),
            Created = DateTimeOffset.UtcNow,
            TrainingRun = string.Create(CultureInfo.InvariantCulture, $"finder-{steps}"),
            ImageSize = Side,
            CropRule = CropRule.Id,
            Inputs = [new TensorSignature("image", [-1, 3, Side, Side])],
            Outputs = [new TensorSignature(name, [-1, candidates, FinderNetwork.Columns])],
            Golden = new GoldenSet(GoldenTolerance, [
                new GoldenTensor("image", "input", [1, 3, Side, Side], "golden/image.f32"),
                new GoldenTensor(name, "output", [1, candidates, FinderNetwork.Columns], "golden/faces.f32"),
            ]),
            Finder = new FinderFigures(measured.Threshold, measured.Recall, measured.Precision, string.Create(
                CultureInfo.InvariantCulture, $"{measured.Scenes} composed scenes of people never trained on, faces from 24 px, IoU 0.5")),
        };
        var version = PackagePublisher.Publish(repository, new PackageDraft(manifest, files), key: key);
        return (new ExportedPackage(ModelRole.FaceFinder, version, error, model.Length), measured);
    }

    // One that the finder can be seen to work on.
    private static FaceScene GoldenScene(SceneComposer heads) =>
        Enumerable.Range(0, 100).Select(i => heads.Compose(new Random(i), Side)).First(s => s.Faces.Count >= 3);

    private static string Card(long steps, FinderReport report, double parity, string dataNote)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# face-finder of IP-GAN, {Side} px");
        Line($"");
        Line($"Finds faces in whole photos: the two points and the yaw that the crop rule ({CropRule.Id}) needs. A feature pyramid (Lin et al., CVPR 2017) with faces as points (Zhou et al., 2019).");
        Line($"");
        Line($"- Training: {steps} steps on scenes composed of cut faces, rendered heads, drawn backgrounds and scrambled faces.");
        Line($"- Data: {dataNote}");
        Line($"- TorchSharp and ONNX Runtime differ by at most {parity:G2}.");
        Line($"- Limits: faces whose square has at least 24 pixels in a photo of {Side}; heads turned in the picture by more than 35° are found less often.");
        Line($"");
        Line($"## Measured on {report.Scenes} composed scenes of people never trained on (IoU 0.5)");
        Line($"");
        Line($"From a score of {report.Threshold:F3} on: recall {report.Recall:P1}, precision {report.Precision:P1}; points off by {report.PointError:P1} of S.");
        Line($"");
        Line($"| square, px | faces | recall |");
        Line($"| --- | --- | --- |");
        foreach (var bin in report.Sizes)
        {
            Line($"| {bin.From} to {bin.To} | {bin.Faces} | {bin.Recall:P1} |");
        }
        Line($"");
        Line($"| yaw, to both sides | found | points off by, of S | yaw off by |");
        Line($"| --- | --- | --- | --- |");
        foreach (var bin in report.Yaws)
        {
            Line($"| {bin.From}° to {Math.Min(bin.To, 90)}° | {bin.Faces} | {bin.PointError:P1} | {bin.YawError:F1}° |");
        }
        if (report.Squares is { } squares)
        {
            Line($"");
            Line($"## Verification by the repository's identity encoder, given and found squares");
            Line($"");
            Line($"A face was found in {squares.Found:P1} of the photos.");
            Line($"");
            Line($"| pairs | given squares | found squares |");
            Line($"| --- | --- | --- |");
            Line($"| frontal–frontal | {squares.GivenFrontal.HeldOutAccuracy ?? squares.GivenFrontal.Accuracy:P1} | {squares.FoundFrontal.HeldOutAccuracy ?? squares.FoundFrontal.Accuracy:P1} |");
            Line($"| frontal–profile | {squares.GivenProfile.HeldOutAccuracy ?? squares.GivenProfile.Accuracy:P1} | {squares.FoundProfile.HeldOutAccuracy ?? squares.FoundProfile.Accuracy:P1} |");
        }
        return text.ToString();
    }
}
