using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace IpGan.Models;

/// <summary>What makes a package sound: its files, spaces, signature and golden tensors, held against each other and against its role.</summary>
internal static class PackageChecks
{
    internal const long MaxModelBytes = 256L << 20;
    internal const long MaxOtherBytes = 64L << 20;
    internal const int MaxFiles = 64;
    private const int MaxPathLength = 200;
    private const int MaxBridges = 16;
    private const int MaxDimension = 4096;
    private const int MaxCandidates = 100_000;

    /// <exception cref="PackageIncompleteException">Files are missing or still short.</exception>
    /// <exception cref="PackageInvalidException">Anything else is wrong.</exception>
    public static void Run(string folder, ModelRole role, Manifest manifest)
    {
        Check(manifest.Schema == Manifest.CurrentSchema, $"manifest schema is {manifest.Schema}; this program reads {Manifest.CurrentSchema}");
        Check(manifest.Role == role.Name(), $"the manifest's role is '{manifest.Role}', but the package lies under '{role.Name()}'");
        CheckSpaces(role, manifest);
        CheckFinder(role, manifest);
        CheckSignature(role, manifest);
        CheckVerification(role, manifest.Verification);
        CheckList(role, manifest);
        CheckBridges(role, manifest);
        CheckGolden(manifest);
        CheckFolder(folder, manifest);
        // Sizes first: they tell a copy that is still going on from a file that is wrong.
        foreach (var listed in manifest.Files)
        {
            CheckSize(folder, listed);
        }
        foreach (var listed in manifest.Files)
        {
            using var stream = File.OpenRead(Path.Combine(folder, listed.Path));
            var found = Convert.ToHexStringLower(SHA256.HashData(stream));
            Check(found == listed.Sha256, $"{listed.Path} has SHA-256 {found}, the manifest says {listed.Sha256}");
        }
    }

    /// <summary>Throws unless the condition holds.</summary>
    public static void Check([DoesNotReturnIf(false)] bool condition, string problem)
    {
        if (!condition)
        {
            throw new PackageInvalidException(problem);
        }
    }

    /// <summary>True for a path that cannot leave the package: names of letters, digits, '.', '-' and '_', joined by '/', none hidden.</summary>
    public static bool IsInside([NotNullWhen(true)] string? path) =>
        path is { Length: > 0 and <= MaxPathLength } && path != Manifest.FileName
        && path.Split('/').All(name => name.Length > 0 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));

    private static void CheckSpaces(ModelRole role, Manifest manifest)
    {
        Check(manifest.ImageSize is >= 16 and <= 1024, $"imageSize is {manifest.ImageSize}; it must be 16 to 1024");
        Check(!string.IsNullOrWhiteSpace(manifest.CropRule), "cropRule is empty");
        CheckSpace("identity", manifest.IdentitySpace, role is ModelRole.IdentityEncoder or ModelRole.Generator);
        CheckSpace("pose", manifest.PoseSpace, role is ModelRole.PoseEncoder or ModelRole.Generator);

        void CheckSpace(string kind, VectorSpace? space, bool wanted)
        {
            Check((space is not null) == wanted, wanted ? $"a {role.Name()} must declare its {kind}Space" : $"a {role.Name()} has no {kind}Space");
            if (space is null)
            {
                return;
            }
            // Vectors of two crop rules must never meet, so the rule is part of the name.
            Check(space.Name is { Length: <= 200 } name && name.StartsWith(kind + "-", StringComparison.Ordinal)
                && name.Contains($"@{manifest.CropRule}+", StringComparison.Ordinal),
                $"{kind}Space is called '{space.Name}'; the name must be like {SpaceNames.Create(kind, "7f3a9c21", manifest.CropRule)}");
            Check(space.Dimension is > 0 and <= MaxDimension, $"{kind}Space has dimension {space.Dimension}; it must be 1 to {MaxDimension}");
        }
    }

    private static void CheckVerification(ModelRole role, VerificationFigures? figures)
    {
        Check(figures is null || role == ModelRole.IdentityEncoder, $"a {role.Name()} has no verification figures");
        Check(figures is null or { Threshold: >= -1 and <= 1, Accuracy: >= 0 and <= 1, MeasuredOn: { Length: > 0 and <= 500 } },
            $"verification is {figures}; the threshold must be a cosine, the accuracy 0 to 1, and measuredOn must say on what");
    }

    private static void CheckFinder(ModelRole role, Manifest manifest)
    {
        if (role != ModelRole.FaceFinder)
        {
            Check(manifest.Finder is null, $"a {role.Name()} has no finder figures");
            return;
        }
        // The network halves its picture several times.
        Check(manifest.ImageSize is >= 128 && manifest.ImageSize % 64 == 0, $"imageSize is {manifest.ImageSize}; a {role.Name()}'s is a multiple of 64 from 128 to 1024");
        Check(manifest.Finder is { Threshold: > 0 and < 1, Recall: >= 0 and <= 1, Precision: >= 0 and <= 1, MeasuredOn: { Length: > 0 and <= 500 } },
            $"finder is {manifest.Finder?.ToString() ?? "missing"}; the threshold must be above 0 and below 1, recall and precision 0 to 1, and measuredOn must say on what");
    }

    private static void CheckBridges(ModelRole role, Manifest manifest)
    {
        var bridges = manifest.Bridges ?? [];
        Check(bridges.Count == 0 || role == ModelRole.IdentityEncoder, $"a {role.Name()} has no bridges");
        Check(bridges.Count <= MaxBridges, $"there are {bridges.Count} bridges; the limit is {MaxBridges}");
        foreach (var bridge in bridges)
        {
            Check(bridge?.From is { Name: { Length: <= 200 } name, Dimension: > 0 and <= MaxDimension } && name.StartsWith("identity-", StringComparison.Ordinal)
                && name != manifest.IdentitySpace!.Name, $"a bridge begins at {bridge?.From}; it must be another identity space of 1 to {MaxDimension} numbers");
            Check(bridge!.Measured is { } m && m.Threshold is >= -1 and <= 1 && m.MeasuredOn is { Length: > 0 and <= 500 }
                && Array.TrueForAll([m.Accuracy, m.OldAccuracy, m.NewAccuracy, m.Found, m.OldFound, m.NewFound], share => share is >= 0 and <= 1),
                $"the bridge from '{bridge.From.Name}' was measured as {bridge.Measured}; the threshold must be a cosine, the others 0 to 1, and measuredOn must say on what");
            var file = manifest.Files.FirstOrDefault(f => f.Path == bridge.Path);
            Check(file is not null, $"the bridge's file '{bridge.Path}' is not listed");
            var bytes = (long)sizeof(float) * manifest.IdentitySpace.Dimension * (bridge.From.Dimension + 1);
            Check(file.Size == bytes, $"the bridge's file '{bridge.Path}' has {file.Size} bytes, its spaces need {bytes}");
        }
        var twice = bridges.GroupBy(b => b.From.Name).FirstOrDefault(g => g.Count() > 1);
        Check(twice is null, $"there is more than one bridge from '{twice?.Key}'");
    }

    private static void CheckSignature(ModelRole role, Manifest manifest)
    {
        int size = manifest.ImageSize, identity = manifest.IdentitySpace?.Dimension ?? 0, pose = manifest.PoseSpace?.Dimension ?? 0;
        var image = new TensorSignature("image", [-1, 3, size, size]);
        (TensorSignature[] inputs, TensorSignature[] outputs) = role switch
        {
            ModelRole.IdentityEncoder => (new[] { image }, new[] { new TensorSignature("identity", [-1, identity]) }),
            ModelRole.PoseEncoder => ([image], [new("pose", [-1, pose]), new("angles", [-1, 3])]),
            ModelRole.FaceFinder => ([image], [new("faces", [-1, Candidates(manifest), 6])]),
            _ => ([new("identity", [-1, identity]), new("pose", [-1, pose])], [image]),
        };
        Compare("inputs", inputs, manifest.Inputs);
        Compare("outputs", outputs, manifest.Outputs);
    }

    // How many there are is the network's own affair.
    private static int Candidates(Manifest manifest) =>
        manifest.Outputs is [{ Shape: [_, >= 1 and <= MaxCandidates and var candidates, _] }] ? candidates : MaxCandidates;

    private static void Compare(string what, TensorSignature[] expected, IReadOnlyList<TensorSignature>? found)
    {
        var same = found?.Count == expected.Length && expected.Zip(found)
            .All(pair => pair.First.Name == pair.Second?.Name && pair.Second.Shape is { } shape && pair.First.Shape.SequenceEqual(shape));
        Check(same, $"the manifest's {what} are {Text(found)}; the role's are {Text(expected)}");

        static string Text(IEnumerable<TensorSignature>? list) =>
            string.Join(", ", (list ?? []).Select(t => t?.Shape is null ? "nothing" : $"{t.Name} {t.ShapeText}"));
    }

    private static void CheckList(ModelRole role, Manifest manifest)
    {
        Check(manifest.Files is { Count: > 0 and <= MaxFiles }, $"the manifest lists {(manifest.Files is { } files ? files.Count : 0)} files; it must be 1 to {MaxFiles}");
        foreach (var listed in manifest.Files)
        {
            Check(IsInside(listed?.Path), $"the path '{listed?.Path}' is not that of a file inside the package");
            var limit = listed!.Path == ModelPackage.ModelFile ? MaxModelBytes : MaxOtherBytes;
            Check(listed.Size >= 0 && listed.Size <= limit, $"{listed.Path} is said to have {listed.Size} bytes; the limit is {limit}");
        }
        var twice = manifest.Files.GroupBy(f => f.Path).FirstOrDefault(g => g.Count() > 1);
        Check(twice is null, $"the manifest lists {twice?.Key} more than once");
        string[] required = role switch
        {
            ModelRole.PoseEncoder => [ModelPackage.ModelFile, ModelPackage.CardFile, ModelPackage.AnchorsFile],
            ModelRole.Generator => [ModelPackage.ModelFile, ModelPackage.CardFile, ModelPackage.PriorFile],
            _ => [ModelPackage.ModelFile, ModelPackage.CardFile],
        };
        foreach (var name in required)
        {
            Check(manifest.Files.Any(f => f.Path == name), $"the manifest does not list {name}, which a {role.Name()} needs");
        }
    }

    private static void CheckGolden(Manifest manifest)
    {
        var golden = manifest.Golden;
        Check(golden?.Tensors is not null && golden.Tolerance is > 0 and <= 0.1, "golden needs tensors and a tolerance above 0, at most 0.1");
        var expected = manifest.Inputs.Select(s => (Kind: "input", Signature: s)).Concat(manifest.Outputs.Select(s => (Kind: "output", Signature: s))).ToList();
        var batch = golden.Tensors is [{ Shape: [var first, ..] }, ..] ? first : 0;
        Check(batch is >= 1 and <= 64, $"the golden tensors' batch is {batch}; it must be 1 to 64");
        foreach (var (kind, signature) in expected)
        {
            var tensor = golden.Tensors.FirstOrDefault(t => t?.Kind == kind && t.Name == signature.Name);
            Check(tensor is not null, $"there is no golden {kind} '{signature.Name}'");
            int[] shape = [batch, .. signature.Shape.Skip(1)];
            Check(tensor.Shape is not null && tensor.Shape.SequenceEqual(shape),
                $"golden {kind} '{signature.Name}' has shape [{string.Join(", ", tensor.Shape ?? [])}], expected [{string.Join(", ", shape)}]");
            var file = manifest.Files.FirstOrDefault(f => f.Path == tensor.Path);
            Check(file is not null, $"golden file '{tensor.Path}' is not listed");
            var bytes = shape.Aggregate((long)sizeof(float), (a, b) => a * b);
            Check(file.Size == bytes, $"golden file '{tensor.Path}' has {file.Size} bytes, its shape needs {bytes}");
        }
        Check(golden.Tensors.Count == expected.Count, $"there are {golden.Tensors.Count} golden tensors; the network has {expected.Count} inputs and outputs");
    }

    /// <summary>Nothing lies in the package that was not checked: no weights beside the network, no link that leads elsewhere.</summary>
    private static void CheckFolder(string folder, Manifest manifest)
    {
        // A signature is over the manifest, so the manifest cannot list it.
        var listed = manifest.Files.Select(f => f.Path).Append(Manifest.FileName).Append(PackageSignature.FileName).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in PackageFolder.Entries(folder))
        {
            var path = Path.GetRelativePath(folder, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
            Check(entry.LinkTarget is null, $"{path} is a link; packages hold plain files and folders");
            // Hidden files come and go with copying programs and file managers; no package refers to one.
            Check(entry is DirectoryInfo || entry.Name.StartsWith('.') || listed.Contains(path), $"{path} is not listed in the manifest");
        }
    }

    private static void CheckSize(string folder, PackageFile listed)
    {
        var file = new FileInfo(Path.Combine(folder, listed.Path));
        if (!file.Exists)
        {
            throw new PackageIncompleteException($"{listed.Path} is missing");
        }
        if (file.Length < listed.Size)
        {
            throw new PackageIncompleteException($"{listed.Path} has {file.Length} of {listed.Size} bytes");
        }
        Check(file.Length == listed.Size, $"{listed.Path} has {file.Length} bytes, the manifest says {listed.Size}");
    }
}
