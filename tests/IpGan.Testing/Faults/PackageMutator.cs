using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Google.Protobuf;
using IpGan.Models;
using Onnx;

namespace IpGan.Testing.Faults;

/// <summary>Damages packages in all the ways that disks, networks, careless programs and ill will do. The same seed gives the same damage.</summary>
public sealed class PackageMutator(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Damages a package in its folder.</summary>
    /// <returns>What was done, and whether a service may still find the package sound: only where the network itself was changed, all checksums being
    /// right, and by too little for the golden answers to show it.</returns>
    public (string What, bool MayPass) Mutate(string folder)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var file = files[_random.Next(files.Count)];
        var name = Path.GetRelativePath(folder, file);
        switch (_random.Next(12))
        {
            case 0:
                Change(file, bytes => bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8)));
                // The manifest has no checksum of its own: a flipped letter in a free text changes nothing.
                return ($"a bit of {name} flipped", name == Manifest.FileName);
            case 1:
                File.WriteAllBytes(file, File.ReadAllBytes(file)[..^(1 + _random.Next((int)new FileInfo(file).Length - 1))]);
                return ($"{name} cut short", false);
            case 2:
                File.Delete(file);
                return ($"{name} missing", false);
            case 3:
                File.AppendAllText(file, "\0more");
                return ($"{name} too long", name == Manifest.FileName);
            case 4:
                Change(Path.Combine(folder, ModelPackage.ModelFile), bytes => bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8)));
                Rehash(folder, ModelPackage.ModelFile);
                return ("a bit of the network flipped, checksum right", true);
            case 5:
                return (Edit(folder, m => m["role"] = OtherRole(m["role"]!.GetValue<string>())), false);
            case 6:
                return (Edit(folder, m => Signature(m)["shape"] = new JsonArray(-1, Absurd(), Absurd(), Absurd())), false);
            case 7:
                string[] outside = ["../../outside", "/etc/passwd", "golden/../../1/model.onnx", "model.onnx\0.txt", "C:\\model.onnx"];
                return (Edit(folder, m => m["files"]![_random.Next(m["files"]!.AsArray().Count)]!["path"] = outside[_random.Next(outside.Length)]), false);
            case 8:
                return (Edit(folder, m => m["imageSize"] = Absurd()), false);
            case 9:
                Change(Path.Combine(folder, Manifest.FileName), bytes => _random.NextBytes(bytes.AsSpan(_random.Next(bytes.Length - 8), 8)));
                return ("eight bytes of the manifest random", false);
            case 10:
                var golden = files.Where(f => f.Contains("golden", StringComparison.Ordinal)).ElementAt(0);
                Change(golden, bytes => BitConverter.TryWriteBytes(bytes.AsSpan(4 * _random.Next(bytes.Length / 4)), _random.Next(3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => 1e30f }));
                Rehash(folder, Path.GetRelativePath(folder, golden));
                return ("a golden number absurd, checksum right", false);
            default:
                // A network whose weights are in a file outside of the package.
                var path = Path.Combine(folder, ModelPackage.ModelFile);
                var proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
                var weights = proto.Graph.Initializer[_random.Next(proto.Graph.Initializer.Count)];
                weights.RawData = ByteString.Empty;
                weights.DataLocation = TensorProto.Types.DataLocation.External;
                weights.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "../../../../../../etc/passwd" });
                File.WriteAllBytes(path, proto.ToByteArray());
                Rehash(folder, ModelPackage.ModelFile);
                return ("weights outside of the package, checksum right", false);
        }
    }

    private int Absurd()
    {
        int[] values = [0, -7, int.MaxValue, 1 << 20, 3];
        return values[_random.Next(values.Length)];
    }

    private static string OtherRole(string role) => ModelRoles.All.Select(r => r.Name()).First(r => r != role);

    private JsonNode Signature(JsonNode manifest) => _random.Next(2) == 0 ? manifest["inputs"]![0]! : manifest["outputs"]![0]!;

    private static void Change(string file, Action<byte[]> change)
    {
        var bytes = File.ReadAllBytes(file);
        change(bytes);
        File.WriteAllBytes(file, bytes);
    }

    private static string Edit(string folder, Action<JsonNode> change)
    {
        var file = Path.Combine(folder, Manifest.FileName);
        var before = File.ReadAllText(file);
        var manifest = JsonNode.Parse(before)!;
        change(manifest);
        File.WriteAllText(file, manifest.ToJsonString());
        return string.Create(CultureInfo.InvariantCulture, $"manifest edited, {before.Length} to {new FileInfo(file).Length} bytes");
    }

    private static void Rehash(string folder, string path) => Edit(folder, manifest =>
    {
        var content = File.ReadAllBytes(Path.Combine(folder, path));
        var entry = manifest["files"]!.AsArray().Single(f => f!["path"]!.GetValue<string>() == path.Replace('\\', '/'))!;
        (entry["size"], entry["sha256"]) = (content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
    });
}
