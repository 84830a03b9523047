using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static IpGan.Models.PackageChecks;

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

    private ModelPackage(string folder, ModelRole role, Manifest manifest, PackageFile manifestFile)
    {
        Folder = folder;
        Role = role;
        Manifest = manifest;
        ManifestFile = manifestFile;
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>Its role.</summary>
    public ModelRole Role { get; }

    /// <summary>What it says of itself.</summary>
    public Manifest Manifest { get; }

    /// <summary>The manifest's file, as it was read.</summary>
    internal PackageFile ManifestFile { get; }

    /// <summary>The ONNX file.</summary>
    public string ModelPath => Path.Combine(Folder, ModelFile);

    /// <summary>Reads and checks a package <c>ROLE/VERSION</c>: every size and checksum, all of the manifest.</summary>
    /// <exception cref="PackageIncompleteException">Files are missing or still short.</exception>
    /// <exception cref="PackageInvalidException">Anything else is wrong.</exception>
    public static ModelPackage Open(string folder)
    {
        var role = RoleOf(folder);
        try
        {
            var (manifest, file) = ManifestReader.Read(folder);
            PackageChecks.Run(folder, role, manifest);
            var package = new ModelPackage(folder, role, manifest, file);
            if (role == ModelRole.PoseEncoder)
            {
                package.ReadAnchors();
            }
            if (role == ModelRole.Generator)
            {
                package.ReadPrior();
            }
            package.ReadBridges();
            return package;
        }
        catch (IOException e)
        {
            // Removed, replaced or cut short while it was read.
            throw new PackageIncompleteException($"The package cannot be read: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new PackageInvalidException($"The package may not be read: {e.Message}", e);
        }
    }

    /// <summary>The bytes of a file that the manifest lists, checked once more: what is used is what was checked, and signed, even while somebody writes here.</summary>
    /// <exception cref="PackageInvalidException">It was changed since.</exception>
    public byte[] Read(string path)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, path));
        var found = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Check(Manifest.Files.Any(f => f.Path == path && f.Sha256 == found), $"{path} was changed while the package was read");
        return bytes;
    }

    /// <summary>The recorded tensors with their values, as the manifest lists them.</summary>
    public IReadOnlyList<(GoldenTensor Tensor, float[] Values)> ReadGolden() =>
        [.. Manifest.Golden.Tensors.Select(t => (t, ReadFloats(t.Path)))];

    /// <summary>The pose encoder's table from angles to pose vectors.</summary>
    /// <exception cref="PackageInvalidException">It is broken.</exception>
    public PoseAnchors ReadAnchors()
    {
        try
        {
            var anchors = PoseAnchors.Parse(Encoding.UTF8.GetString(Read(AnchorsFile)));
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
        var values = ReadFloats(PriorFile);
        Check(values.Length == dimension * (dimension + 1), $"{PriorFile} has {values.Length} numbers, expected {dimension * (dimension + 1)}");
        Check(Array.TrueForAll(values, float.IsFinite), $"{PriorFile} has a number that is not finite");
        Check(Array.Exists(values, v => v != 0), $"{PriorFile} holds nothing but zeros");
        return new IdentityPrior(values[..dimension], values[dimension..]);
    }

    /// <summary>An identity encoder's bridges by the space that they begin at.</summary>
    /// <exception cref="PackageInvalidException">One is broken.</exception>
    public IReadOnlyDictionary<string, IdentityBridge> ReadBridges()
    {
        var bridges = new Dictionary<string, IdentityBridge>();
        foreach (var entry in Manifest.Bridges ?? [])
        {
            try
            {
                bridges[entry.From.Name] = new IdentityBridge(entry.From.Dimension, Manifest.IdentitySpace!.Dimension, ReadFloats(entry.Path));
            }
            catch (ArgumentException e)
            {
                throw new PackageInvalidException($"{entry.Path} is broken: {e.Message}", e);
            }
        }
        return bridges;
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

    private float[] ReadFloats(string path)
    {
        var bytes = Read(path);
        Check(bytes.Length % sizeof(float) == 0, $"{path} has {bytes.Length} bytes, no whole number of float32");
        var values = new float[bytes.Length / sizeof(float)];
        Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
        return values;
    }
}
