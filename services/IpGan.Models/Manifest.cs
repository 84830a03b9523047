using System.Text.Json;
using System.Text.Json.Serialization;

namespace IpGan.Models;

/// <summary>An input or output of a network: float32.</summary>
/// <param name="Name">The tensor's name in the graph.</param>
/// <param name="Shape">−1 stands for the batch.</param>
public sealed record TensorSignature(string Name, int[] Shape)
{
    /// <summary>The shape as text: [N, 3, 64, 64].</summary>
    public string ShapeText => $"[{string.Join(", ", Shape.Select(d => d < 0 ? "N" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
}

/// <summary>A recorded tensor: little-endian float32, nothing else in the file.</summary>
/// <param name="Name">The input's or output's name.</param>
/// <param name="Kind">"input" or "output".</param>
/// <param name="Shape">With the recorded batch.</param>
/// <param name="Path">File inside the package.</param>
public sealed record GoldenTensor(string Name, string Kind, int[] Shape, string Path);

/// <summary>Recorded inputs and the outputs that they must give.</summary>
/// <param name="Tolerance">Largest absolute error allowed; leaves room for other processors and GPUs.</param>
/// <param name="Tensors">All inputs and all outputs.</param>
public sealed record GoldenSet(double Tolerance, IReadOnlyList<GoldenTensor> Tensors);

/// <summary>A file of the package.</summary>
/// <param name="Path">Relative, with forward slashes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
public sealed record PackageFile(string Path, long Size, string Sha256);

/// <summary>How well an identity encoder tells people apart, measured on people that it was never trained on.</summary>
/// <param name="Threshold">Two vectors are one person from this cosine on, [−1, 1]: the threshold of the best accuracy.</param>
/// <param name="Accuracy">Share of right decisions, both kinds of pairs counting alike: 0 to 1. Each pair is decided by a threshold chosen on other people, where there are enough of them.</param>
/// <param name="MeasuredOn">What it was measured on.</param>
public sealed record VerificationFigures(double Threshold, double Accuracy, string MeasuredOn);

/// <summary>How well a face finder finds faces, measured on photos that it was never trained on.</summary>
/// <param name="Threshold">From this score on a candidate is a face: above 0, below 1.</param>
/// <param name="Recall">Share of the faces that it finds there: 0 to 1.</param>
/// <param name="Precision">Share of what it finds that are faces: 0 to 1.</param>
/// <param name="MeasuredOn">What it was measured on.</param>
public sealed record FinderFigures(double Threshold, double Recall, double Precision, string MeasuredOn);

/// <summary>A bridge that an identity encoder's package carries: vectors of an older space can be taken into its own (<see cref="IdentityBridge"/>).</summary>
/// <param name="From">The older space.</param>
/// <param name="Path">File inside the package: the map, float32.</param>
/// <param name="Measured">What is lost.</param>
public sealed record BridgeEntry(VectorSpace From, string Path, BridgeFigures Measured);

/// <summary>
/// How good vectors are that came over a bridge, searched for with vectors of the new encoder, beside what there was before and what embedding all photos
/// again would give. Measured on people that neither encoder was trained on.
/// </summary>
/// <param name="Threshold">A vector that came over the bridge and a new one are one person from this cosine on, [−1, 1].</param>
/// <param name="Accuracy">Share of right decisions, both kinds of pairs counting alike: 0 to 1. Each pair is decided by a threshold chosen on other people, where there are enough of them.</param>
/// <param name="OldAccuracy">The same, old against old.</param>
/// <param name="NewAccuracy">The same, new against new.</param>
/// <param name="Found">Share of photos whose person comes first in a search among one photo of each person: 0 to 1.</param>
/// <param name="OldFound">The same, old among old.</param>
/// <param name="NewFound">The same, new among new.</param>
/// <param name="MeasuredOn">What it was measured on.</param>
public sealed record BridgeFigures(
    double Threshold, double Accuracy, double OldAccuracy, double NewAccuracy, double Found, double OldFound, double NewFound, string MeasuredOn);

/// <summary>What a package says of itself: <c>manifest.json</c>.</summary>
public sealed record Manifest
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The only schema so far.</summary>
    public const int CurrentSchema = 1;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Version of this format.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>Name of the role.</summary>
    public required string Role { get; init; }

    /// <summary>When the package was made, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The training run that it comes from.</summary>
    public string TrainingRun { get; init; } = "";

    /// <summary>Pixels a side of the network's picture.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Id of the crop rule that every picture is cut by.</summary>
    public required string CropRule { get; init; }

    /// <summary>Spoken by the identity encoder, understood by the generator.</summary>
    public VectorSpace? IdentitySpace { get; init; }

    /// <summary>Spoken by the pose encoder, understood by the generator.</summary>
    public VectorSpace? PoseSpace { get; init; }

    /// <summary>The graph's inputs.</summary>
    public required IReadOnlyList<TensorSignature> Inputs { get; init; }

    /// <summary>The graph's outputs.</summary>
    public required IReadOnlyList<TensorSignature> Outputs { get; init; }

    /// <summary>What the model must answer.</summary>
    public required GoldenSet Golden { get; init; }

    /// <summary>Of an identity encoder that was measured: what callers decide by.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VerificationFigures? Verification { get; init; }

    /// <summary>Of a face finder: what is a face and what is not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FinderFigures? Finder { get; init; }

    /// <summary>Of an identity encoder: ways into its space from older ones. Null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<BridgeEntry>? Bridges { get; init; }

    /// <summary>Every file but the manifest.</summary>
    public IReadOnlyList<PackageFile> Files { get; init; } = [];
}
