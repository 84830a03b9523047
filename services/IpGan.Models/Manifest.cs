using System.Text.Json;

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

    /// <summary>Every file but the manifest.</summary>
    public IReadOnlyList<PackageFile> Files { get; init; } = [];
}
