using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;

namespace IpGan.Models;

/// <summary>A package whose files were all checked against its manifest.</summary>
public sealed class ModelPackage
{
    /// <summary>The network's file name.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>The model card's file name.</summary>
    public const string CardFile = "card.md";

    /// <summary>The table of anchors of a pose encoder.</summary>
    public const string AnchorsFile = "anchors.json";

    /// <summary>The prior of a generator.</summary>
    public const string PriorFile = "prior.f32";

    private const long MaxManifestBytes = 1 << 20;
    private const long MaxModelBytes = 256L << 20;
    private const long MaxOtherBytes = 64L << 20;
    private const int MaxFiles = 64;
    private const int MaxDimension = 4096;

    private ModelPackage(string folder, ModelRole role, Manifest manifest)
    {
        Folder = folder;
        Role = role;
        Manifest = manifest;
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>Its role.</summary>
    public ModelRole Role { get; }

    /// <summary>What it says of itself.</summary>
    public Manifest Manifest { get; }

    /// <summary>The ONNX file.</summary>
    public string ModelPath => Path.Combine(Folder, ModelFile);

    /// <summary>Reads and checks a package <c>ROLE/VERSION</c>: every size and checksum, all of the manifest.</summary>
    /// <exception cref="PackageIncompleteException">Files are missing or still short.</exception>
    /// <exception cref="PackageInvalidException">Anything else is wrong.</exception>
    public static ModelPackage Open(string folder)
    {
        var role = RoleOf(folder);
        var manifest = ReadManifest(folder);
        Check(manifest.Schema == Manifest.CurrentSchema, $"manifest schema is {manifest.Schema}; this program reads {Manifest.CurrentSchema}");
        Check(manifest.Role == role.Name(), $"the manifest's role is '{manifest.Role}', but the package lies under '{role.Name()}'");
        CheckFiles(folder, role, manifest);
        CheckSpaces(role, manifest);
        CheckSignature(role, manifest);
        CheckGolden(folder, manifest);
        var package = new ModelPackage(folder, role, manifest);
        if (role == ModelRole.PoseEncoder)
        {
            package.ReadAnchors();
        }
        if (role == ModelRole.Generator)
        {
            package.ReadPrior();
        }
        return package;
    }

    /// <summary>The recorded tensors with their values, as the manifest lists them.</summary>
    public IReadOnlyList<(GoldenTensor Tensor, float[] Values)> ReadGolden() =>
        [.. Manifest.Golden.Tensors.Select(t => (t, ReadFloats(Path.Combine(Folder, t.Path))))];

    /// <summary>The pose encoder's table from angles to pose vectors.</summary>
    /// <exception cref="PackageInvalidException">It is broken.</exception>
    public PoseAnchors ReadAnchors()
    {
        try
        {
            var anchors = PoseAnchors.Parse(File.ReadAllText(Path.Combine(Folder, AnchorsFile)));
            Check(anchors.Dimension == Manifest.PoseSpace!.Dimension,
                $"{AnchorsFile} holds vectors of {anchors.Dimension} numbers, the pose space has {Manifest.PoseSpace.Dimension}");
            return anchors;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new PackageInvalidException($"{AnchorsFile} is broken: {e.Message}", e);
        }
    }

    /// <summary>The generator's prior over identities.</summary>
    /// <exception cref="PackageInvalidException">It is broken.</exception>
    public IdentityPrior ReadPrior()
    {
        var dimension = Manifest.IdentitySpace!.Dimension;
        var values = ReadFloats(Path.Combine(Folder, PriorFile));
        Check(values.Length == dimension * (dimension + 1), $"{PriorFile} has {values.Length} numbers, expected {dimension * (dimension + 1)}");
        Check(Array.TrueForAll(values, float.IsFinite), $"{PriorFile} has a number that is not finite");
        return new IdentityPrior(values[..dimension], values[dimension..]);
    }

    private static ModelRole RoleOf(string folder)
    {
        var parent = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar)) ?? "");
        try
        {
            return ModelRoles.Parse(parent);
        }
        catch (ArgumentException e)
        {
            throw new PackageInvalidException($"A package lies in ROLE/VERSION; '{folder}' does not. {e.Message}", e);
        }
    }

    private static Manifest ReadManifest(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, Manifest.FileName));
        if (!file.Exists)
        {
            throw new PackageIncompleteException($"{Manifest.FileName} is missing");
        }
        Check(file.Length <= MaxManifestBytes, $"{Manifest.FileName} has {file.Length} bytes, more than {MaxManifestBytes}");
        var bytes = File.ReadAllBytes(file.FullName);
        try
        {
            using var _ = JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            // A manifest that is being copied looks like one that is cut off; both are looked at again when the file changes.
            throw new PackageIncompleteException($"{Manifest.FileName} is not complete JSON: {e.Message}");
        }
        try
        {
            return JsonSerializer.Deserialize<Manifest>(bytes, Manifest.Json) ?? throw new PackageInvalidException($"{Manifest.FileName} is empty");
        }
        catch (JsonException e)
        {
            throw new PackageInvalidException($"{Manifest.FileName} is not a manifest: {e.Message}", e);
        }
    }

    private static void CheckFiles(string folder, ModelRole role, Manifest manifest)
    {
        Check(manifest.Files is { Count: > 0 and <= MaxFiles } && manifest.Files.All(f => f is not null), $"the manifest must list 1 to {MaxFiles} files");
        string[] required = role switch
        {
            ModelRole.PoseEncoder => [ModelFile, CardFile, AnchorsFile],
            ModelRole.Generator => [ModelFile, CardFile, PriorFile],
            _ => [ModelFile, CardFile],
        };
        foreach (var name in required)
        {
            Check(manifest.Files.Any(f => f.Path == name), $"the manifest does not list {name}, which a {role.Name()} needs");
        }
        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        foreach (var listed in manifest.Files)
        {
            Check(!string.IsNullOrEmpty(listed.Path) && !Path.IsPathRooted(listed.Path) && !listed.Path.Contains('\\', StringComparison.Ordinal)
                && Path.GetFullPath(Path.Combine(folder, listed.Path)).StartsWith(root, StringComparison.Ordinal),
                $"the path '{listed.Path}' leads out of the package");
            var limit = listed.Path == ModelFile ? MaxModelBytes : MaxOtherBytes;
            Check(listed.Size >= 0 && listed.Size <= limit, $"{listed.Path} is said to have {listed.Size} bytes; the limit is {limit}");
        }
        Check(manifest.Files.Select(f => f.Path).Distinct().Count() == manifest.Files.Count, "the manifest lists a file twice");
        // Sizes first: they tell a copy that is still going on from a file that is wrong.
        foreach (var listed in manifest.Files)
        {
            var file = new FileInfo(Path.Combine(folder, listed.Path));
            if (!file.Exists)
            {
                throw new PackageIncompleteException($"{listed.Path} is missing");
            }
            Check(file.LinkTarget is null, $"{listed.Path} is a link; packages hold plain files");
            if (file.Length < listed.Size)
            {
                throw new PackageIncompleteException($"{listed.Path} has {file.Length} of {listed.Size} bytes");
            }
            Check(file.Length == listed.Size, $"{listed.Path} has {file.Length} bytes, the manifest says {listed.Size}");
        }
        foreach (var listed in manifest.Files)
        {
            using var stream = File.OpenRead(Path.Combine(folder, listed.Path));
            var found = Convert.ToHexStringLower(SHA256.HashData(stream));
            Check(found == listed.Sha256, $"{listed.Path} has SHA-256 {found}, the manifest says {listed.Sha256}");
        }
    }

    private static void CheckSpaces(ModelRole role, Manifest manifest)
    {
        void Space(string name, VectorSpace? space, bool wanted)
        {
            Check((space is not null) == wanted, wanted ? $"a {role.Name()} must declare its {name}" : $"a {role.Name()} has no {name}");
            Check(space is null || (!string.IsNullOrWhiteSpace(space.Name) && space.Name.Length <= 200 && space.Dimension is > 0 and <= MaxDimension),
                $"{name} needs a name and a dimension from 1 to {MaxDimension}");
        }
        Space("identitySpace", manifest.IdentitySpace, role != ModelRole.PoseEncoder);
        Space("poseSpace", manifest.PoseSpace, role != ModelRole.IdentityEncoder);
        Check(manifest.ImageSize is >= 16 and <= 1024, $"imageSize is {manifest.ImageSize}; it must be 16 to 1024");
        Check(!string.IsNullOrWhiteSpace(manifest.CropRule), "cropRule is empty");
    }

    private static void CheckSignature(ModelRole role, Manifest manifest)
    {
        int size = manifest.ImageSize, identity = manifest.IdentitySpace?.Dimension ?? 0, pose = manifest.PoseSpace?.Dimension ?? 0;
        var image = new TensorSignature("image", [-1, 3, size, size]);
        (TensorSignature[] inputs, TensorSignature[] outputs) = role switch
        {
            ModelRole.IdentityEncoder => (new[] { image }, new[] { new TensorSignature("identity", [-1, identity]) }),
            ModelRole.PoseEncoder => ([image], [new("pose", [-1, pose]), new("angles", [-1, 3])]),
            _ => ([new("identity", [-1, identity]), new("pose", [-1, pose])], [image]),
        };
        Compare("inputs", inputs, manifest.Inputs);
        Compare("outputs", outputs, manifest.Outputs);
    }

    private static void Compare(string what, TensorSignature[] expected, IReadOnlyList<TensorSignature>? found)
    {
        static string Text(IEnumerable<TensorSignature>? list) => string.Join(", ", (list ?? []).Select(t => t is null ? "nothing" : $"{t.Name} {t.ShapeText}"));
        Check(found is not null && Text(expected) == Text(found), $"the manifest's {what} are {Text(found)}; the role's are {Text(expected)}");
    }

    private static void CheckGolden(string folder, Manifest manifest)
    {
        var golden = manifest.Golden;
        Check(golden?.Tensors is not null && golden.Tensors.All(t => t is not null) && double.IsFinite(golden.Tolerance) && golden.Tolerance is > 0 and <= 0.1,
            "golden needs tensors and a tolerance above 0, at most 0.1");
        foreach (var (kind, signatures) in new[] { ("input", manifest.Inputs), ("output", manifest.Outputs) })
        {
            foreach (var signature in signatures)
            {
                var tensor = golden.Tensors.FirstOrDefault(t => t.Kind == kind && t.Name == signature.Name);
                Check(tensor is not null, $"there is no golden {kind} '{signature.Name}'");
                Check(tensor.Shape is { Length: > 0 } && tensor.Shape[0] is >= 1 and <= 64 && tensor.Shape.Skip(1).SequenceEqual(signature.Shape.Skip(1)),
                    $"golden {kind} '{signature.Name}' has shape [{string.Join(", ", tensor.Shape)}], expected {signature.ShapeText}, N from 1 to 64");
                Check(manifest.Files.Any(f => f.Path == tensor.Path), $"golden file '{tensor.Path}' is not listed");
                var expected = tensor.Shape.Aggregate(1L, (a, b) => a * b) * sizeof(float);
                var length = new FileInfo(Path.Combine(folder, tensor.Path)).Length;
                Check(length == expected, $"golden file '{tensor.Path}' has {length} bytes, its shape needs {expected}");
            }
        }
        Check(golden.Tensors.Select(t => t.Shape[0]).Distinct().Count() == 1, "golden tensors have different batches");
    }

    private static float[] ReadFloats(string file)
    {
        var bytes = File.ReadAllBytes(file);
        Check(bytes.Length % sizeof(float) == 0, $"{Path.GetFileName(file)} has {bytes.Length} bytes, no whole number of float32");
        var values = new float[bytes.Length / sizeof(float)];
        Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
        return values;
    }

    private static void Check([DoesNotReturnIf(false)] bool condition, string problem)
    {
        if (!condition)
        {
            throw new PackageInvalidException(problem);
        }
    }
}
