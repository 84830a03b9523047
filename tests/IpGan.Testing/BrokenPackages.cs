using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using IpGan.Models;
using Onnx;

namespace IpGan.Testing;

/// <summary>What can be wrong with a package.</summary>
public enum Breakage
{
    /// <summary>The network's file ends early, as while it is copied.</summary>
    TruncatedFile,

    /// <summary>One bit of the network's file is another than the manifest's checksum says.</summary>
    WrongChecksum,

    /// <summary>A weight is not a number; all checksums are right.</summary>
    NanWeights,

    /// <summary>The network's output has another name than the role's; all checksums are right.</summary>
    WrongOutputName,

    /// <summary>The network answers otherwise than recorded; all checksums are right.</summary>
    WrongGolden,

    /// <summary>The manifest is not there, as while a package is copied.</summary>
    ManifestMissing,

    /// <summary>The network's file is text; all checksums are right.</summary>
    NotOnnx,
}

/// <summary>Packages with one thing wrong.</summary>
public static class BrokenPackages
{
    /// <summary>True if the service may hope that the rest of the package still comes.</summary>
    public static bool IsIncomplete(this Breakage breakage) => breakage is Breakage.TruncatedFile or Breakage.ManifestMissing;

    /// <summary>Words that a message about the breakage must hold.</summary>
    public static string ExpectedProblem(this Breakage breakage) => breakage switch
    {
        Breakage.TruncatedFile => "model.onnx has ",
        Breakage.WrongChecksum => "model.onnx has SHA-256 ",
        Breakage.NanWeights => "the model gives NaN",
        Breakage.WrongOutputName => "the network has no output '",
        Breakage.WrongGolden => "golden output '",
        Breakage.ManifestMissing => "manifest.json is missing",
        _ => "model.onnx cannot be loaded",
    };

    /// <summary>Publishes a broken package: nobody who watches the repository ever sees it sound. Returns its version.</summary>
    public static int Publish(string root, ModelRole role, Breakage breakage, string spaceId, int seed)
    {
        var repository = new ModelRepository(root);
        var version = repository.Versions(role) is [var newest, ..] ? newest + 1 : 1;
        var workshop = Path.Combine(root, $".workshop-{Guid.NewGuid():N}");
        var draft = TinyPackages.Draft(role, spaceId, seed);
        var folder = new ModelRepository(workshop).Folder(role, PackagePublisher.Publish(workshop, draft));
        Break(folder, breakage);
        Directory.CreateDirectory(Path.Combine(root, role.Name()));
        Directory.Move(folder, repository.Folder(role, version));
        Directory.Delete(workshop, recursive: true);
        return version;
    }

    /// <summary>Breaks a package in its folder.</summary>
    public static void Break(string folder, Breakage breakage)
    {
        var model = Path.Combine(folder, ModelPackage.ModelFile);
        switch (breakage)
        {
            case Breakage.TruncatedFile:
                File.WriteAllBytes(model, File.ReadAllBytes(model)[..^100]);
                break;
            case Breakage.WrongChecksum:
                var bytes = File.ReadAllBytes(model);
                bytes[bytes.Length / 2] ^= 1;
                File.WriteAllBytes(model, bytes);
                break;
            case Breakage.NanWeights:
                Rebuild(folder, proto =>
                {
                    foreach (var weights in proto.Graph.Initializer.Where(w => w.DataType == (int)TensorProto.Types.DataType.Float))
                    {
                        var values = weights.RawData.ToByteArray();
                        MemoryMarshal.Cast<byte, float>(values.AsSpan())[0] = float.NaN;
                        weights.RawData = ByteString.CopyFrom(values);
                    }
                });
                break;
            case Breakage.WrongOutputName:
                Rebuild(folder, proto =>
                {
                    var output = proto.Graph.Output[0].Name;
                    proto.Graph.Output[0].Name = proto.Graph.Node.Single(n => n.Output.Contains(output)).Output[0] = $"the_{output}";
                });
                break;
            case Breakage.WrongGolden:
                var golden = ReadManifest(folder).Golden.Tensors.First(t => t.Kind == "output").Path;
                var recorded = File.ReadAllBytes(Path.Combine(folder, golden));
                MemoryMarshal.Cast<byte, float>(recorded.AsSpan())[1] += 0.25f;
                Rewrite(folder, golden, recorded);
                break;
            case Breakage.ManifestMissing:
                File.Delete(Path.Combine(folder, Manifest.FileName));
                break;
            default:
                Rewrite(folder, ModelPackage.ModelFile, "This is not a network."u8.ToArray());
                break;
        }
    }

    private static void Rebuild(string folder, Action<ModelProto> change)
    {
        var proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, ModelPackage.ModelFile)));
        change(proto);
        Rewrite(folder, ModelPackage.ModelFile, proto.ToByteArray());
    }

    /// <summary>Replaces a file and makes the manifest say so.</summary>
    private static void Rewrite(string folder, string path, byte[] content)
    {
        File.WriteAllBytes(Path.Combine(folder, path), content);
        var manifest = ReadManifest(folder);
        var files = manifest.Files.Select(f =>
            f.Path == path ? new PackageFile(path, content.Length, Convert.ToHexStringLower(SHA256.HashData(content))) : f);
        File.WriteAllBytes(Path.Combine(folder, Manifest.FileName), JsonSerializer.SerializeToUtf8Bytes(manifest with { Files = [.. files] }, JsonSerializerOptions.Web));
    }

    private static Manifest ReadManifest(string folder) =>
        JsonSerializer.Deserialize<Manifest>(File.ReadAllBytes(Path.Combine(folder, Manifest.FileName)), JsonSerializerOptions.Web)!;
}
