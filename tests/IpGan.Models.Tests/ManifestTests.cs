using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace IpGan.Models.Tests;

/// <summary>Manifests that are none, cut off, faulty, or changed at random.</summary>
public sealed class ManifestTests
{
    [Theory]
    [InlineData("not JSON at all")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"schema\": 1} trailing")]
    [InlineData("{\"schema\": \"one\"}")]
    public void Manifest_that_is_none_is_invalid(string text)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        File.WriteAllText(Path.Combine(folder, Manifest.FileName), text);

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains("manifest.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_cut_off_anywhere_is_incomplete()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        var file = Path.Combine(folder, Manifest.FileName);
        var content = File.ReadAllBytes(file);
        for (var length = 0; length < content.Length; length += 3)
        {
            File.WriteAllBytes(file, content[..length]);
            Assert.Throws<PackageIncompleteException>(() => ModelPackage.Open(folder));
        }
    }

    [Fact]
    public void Huge_manifest_is_refused_unread()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        File.WriteAllText(Path.Combine(folder, Manifest.FileName), new string(' ', 2 << 20));

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains("more than 1048576", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_fields_are_passed_over()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        Edit(folder, manifest => manifest["somethingNew"] = new JsonArray(1, 2));

        Assert.Equal(ModelRole.Generator, ModelPackage.Open(folder).Role);
    }

    public static TheoryData<string, string, string> Faults => new()
    {
        { "schema", "2", "schema is 2" },
        { "role", "\"pose-encoder\"", "'pose-encoder'" },
        { "imageSize", "8", "imageSize is 8" },
        { "imageSize", "32", "[N, 3, 32, 32]" },
        { "cropRule", "\" \"", "cropRule" },
        { "cropRule", "\"square2\"", "@square2+" },
        { "identitySpace", "null", "must declare its identitySpace" },
        { "identitySpace.name", "null", "identitySpace is called" },
        { "identitySpace.name", "\"pose-7f3a9c21@square1+given\"", "identitySpace is called 'pose-7f3a9c21@square1+given'" },
        { "identitySpace.name", "\"identity-7f3a9c21\"", "identitySpace is called" },
        { "identitySpace.dimension", "0", "dimension 0" },
        { "identitySpace.dimension", "1000000", "dimension 1000000" },
        { "identitySpace.dimension", "7", "[N, 7]" },
        { "inputs", "null", "inputs" },
        { "inputs.0", "null", "inputs" },
        { "inputs.0.name", "\"who\"", "who [N, 6]" },
        { "inputs.0.shape", "null", "inputs" },
        { "inputs.1.shape", "[-1, 3]", "pose [N, 3]" },
        { "outputs.0.shape.0", "1", "[1, 3, 16, 16]" },
        { "outputs", "[]", "outputs" },
        { "golden", "null", "golden" },
        { "golden.tolerance", "0", "tolerance" },
        { "golden.tolerance", "5", "tolerance" },
        { "golden.tensors", "null", "golden" },
        { "golden.tensors", "[]", "batch" },
        { "golden.tensors.0", "null", "batch" },
        { "golden.tensors.1", "null", "no golden input 'pose'" },
        { "golden.tensors.1.shape", "null", "golden input 'pose'" },
        { "golden.tensors.1.shape", "[3, 2]", "[3, 2], expected [2, 2]" },
        { "golden.tensors.0.shape.0", "65", "batch is 65" },
        { "golden.tensors.2.kind", "\"input\"", "no golden output 'image'" },
        { "golden.tensors.2.path", "\"../../../etc/hostname\"", "not listed" },
        { "golden.tensors.2.path", "null", "not listed" },
        { "golden.tensors.0.path", "\"golden/pose.f32\"", "'golden/pose.f32' has 16 bytes" },
        { "golden.tensors.3", "{\"name\":\"more\",\"kind\":\"input\",\"shape\":[2],\"path\":\"../x\"}", "4 golden tensors" },
        { "files", "null", "0 files" },
        { "files", "[]", "0 files" },
        { "files.0", "null", "the path ''" },
        { "files.0.path", "null", "the path ''" },
        { "files.0.path", "\"../1/card.md\"", "'../1/card.md'" },
        { "files.0.path", "\"/etc/hostname\"", "'/etc/hostname'" },
        { "files.0.path", "\"golden/../card.md\"", "'golden/../card.md'" },
        { "files.0.path", "\"a\\\\b\"", "'a\\b'" },
        { "files.0.path", "\"a\\u0000b\"", "the path" },
        { "files.0.path", "\"manifest.json\"", "'manifest.json'" },
        { "files.0.path", "\"golden/pose.f32\"", "golden/pose.f32 more than once" },
        { "files.0.path", "\"other.md\"", "does not list card.md" },
        { "files.0.size", "-1", "-1 bytes" },
        { "files.0.size", "67108865", "the limit is 67108864" },
        { "files.4.size", "268435457", "the limit is 268435456" },
        { "files.0.sha256", "null", "card.md has SHA-256" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Faulty_manifest_is_invalid_and_the_message_says_where(string path, string value, string named)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        Assert.Equal([ModelPackage.CardFile, "golden/identity.f32", "golden/image.f32", "golden/pose.f32", ModelPackage.ModelFile, ModelPackage.PriorFile],
            ModelPackage.Open(folder).Manifest.Files.Select(f => f.Path));
        Edit(folder, manifest => Set(manifest, path, JsonNode.Parse(value)));

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelRole.IdentityEncoder, "poseSpace")]
    [InlineData(ModelRole.PoseEncoder, "identitySpace")]
    [InlineData(ModelRole.FaceFinder, "identitySpace")]
    [InlineData(ModelRole.FaceFinder, "poseSpace")]
    public void Space_that_the_role_does_not_speak_is_invalid(ModelRole role, string space)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, role);
        Edit(folder, manifest => manifest[space] = JsonNode.Parse("{\"name\":\"x\",\"dimension\":2}"));

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains($"has no {space}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("finder", "null", "finder is missing")]
    [InlineData("finder.threshold", "0", "Threshold = 0,")]
    [InlineData("finder.threshold", "1", "Threshold = 1,")]
    [InlineData("finder.recall", "1.5", "Recall = 1.5")]
    [InlineData("finder.precision", "-1", "Precision = -1")]
    [InlineData("finder.measuredOn", "\"\"", "measuredOn")]
    [InlineData("imageSize", "64", "multiple of 64 from 128")]
    [InlineData("imageSize", "130", "multiple of 64 from 128")]
    [InlineData("outputs.0.shape.1", "0", "[N, 0, 6]")]
    [InlineData("outputs.0.shape.1", "100001", "[N, 100001, 6]")]
    [InlineData("outputs.0.shape.2", "5", "[N, 5, 5]")]
    [InlineData("outputs.0.shape.1", "6", "expected [2, 6, 6]")]
    public void Faulty_manifest_of_a_face_finder_is_invalid_and_the_message_says_where(string path, string value, string named)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.FaceFinder);
        Edit(folder, manifest => Set(manifest, path, JsonNode.Parse(value)));

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encoder_with_finder_figures_is_invalid()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.IdentityEncoder);
        Edit(folder, manifest => manifest["finder"] = JsonNode.Parse("{\"threshold\":0.5,\"recall\":1,\"precision\":1,\"measuredOn\":\"x\"}"));

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains("has no finder figures", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_change_of_a_manifest_opens_or_throws_one_of_the_two_exceptions()
    {
        using var root = new TemporaryFolder();
        var folders = ModelRoles.All.Select(role => Drafts.Publish(root, role)).ToArray();
        var originals = folders.Select(f => File.ReadAllText(Path.Combine(f, Manifest.FileName))).ToArray();
        string[] values = ["null", "0", "-1", "1e300", "\"\"", "\"..\"", "[]", "[null]", "{}", "true", "[-1,3,16,16]", "99999999999"];
        Gen.Select(Gen.Int[0, folders.Length - 1], Gen.Int[0, 10_000], Gen.Int[0, values.Length - 1]).Sample((i, place, choice) =>
        {
            var manifest = JsonNode.Parse(originals[i])!;
            var nodes = Descendants(manifest).ToList();
            nodes[place % nodes.Count].ReplaceWith(JsonNode.Parse(values[choice]));
            Survives(folders[i], Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        }, iter: 500, threads: 1);
        Gen.Select(Gen.Int[0, folders.Length - 1], Gen.Select(Gen.Int[0, 100_000], Gen.Byte).Array[1, 4]).Sample((i, changes) =>
        {
            var bytes = Encoding.UTF8.GetBytes(originals[i]);
            foreach (var (place, value) in changes)
            {
                bytes[place % bytes.Length] = value;
            }
            Survives(folders[i], bytes);
        }, iter: 500, threads: 1);

        static void Survives(string folder, byte[] manifest)
        {
            File.WriteAllBytes(Path.Combine(folder, Manifest.FileName), manifest);
            try
            {
                Assert.NotEmpty(ModelPackage.Open(folder).ReadGolden());
            }
            catch (Exception error) when (error is PackageInvalidException or PackageIncompleteException)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }

    private static void Edit(string folder, Action<JsonNode> change)
    {
        var file = Path.Combine(folder, Manifest.FileName);
        var manifest = JsonNode.Parse(File.ReadAllText(file))!;
        change(manifest);
        File.WriteAllText(file, manifest.ToJsonString());
    }

    private static void Set(JsonNode node, string path, JsonNode? value)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            node = node is JsonArray array ? array[int.Parse(name, null)]! : node[name]!;
        }
        if (node is not JsonArray list)
        {
            node[names[^1]] = value;
        }
        else if (int.Parse(names[^1], null) is var index && index < list.Count)
        {
            list[index] = value;
        }
        else
        {
            list.Add(value);
        }
    }

    private static IEnumerable<JsonNode> Descendants(JsonNode node)
    {
        var children = node switch
        {
            JsonObject o => o.Select(p => p.Value),
            JsonArray a => a,
            _ => [],
        };
        return children.OfType<JsonNode>().ToList().SelectMany(child => Descendants(child).Prepend(child));
    }
}
