using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace IpGan.Models.Tests;

public sealed class ModelPackageTests
{
    public static TheoryData<ModelRole> Roles => [.. ModelRoles.All];

    [Theory]
    [MemberData(nameof(Roles))]
    public void Published_package_is_opened_with_all_that_was_put_in(ModelRole role)
    {
        using var root = new TemporaryFolder();
        var draft = Drafts.Create(role);

        var package = ModelPackage.Open(Drafts.Publish(root, role));

        Assert.Equal(role, package.Role);
        Assert.Equivalent(draft.Manifest with { Files = package.Manifest.Files }, package.Manifest, strict: true);
        Assert.Equal(draft.Files.Keys.Order(StringComparer.Ordinal), package.Manifest.Files.Select(f => f.Path));
        Assert.Equal(draft.Files[ModelPackage.ModelFile], File.ReadAllBytes(package.ModelPath));
        foreach (var (tensor, values) in package.ReadGolden())
        {
            Assert.Equal(Drafts.Values(tensor.Name, values.Length), values);
        }
    }

    [Fact]
    public void Random_packages_survive_publishing_and_opening()
    {
        using var root = new TemporaryFolder();
        Gen.Select(Gen.Enum<ModelRole>(), Gen.Int[1, 64], Gen.Byte.Array[0, 5000], Gen.String[0, 50]).Sample((role, batch, model, run) =>
        {
            var draft = Drafts.Create(role, batch);
            draft = draft with { Manifest = draft.Manifest with { TrainingRun = run } };
            var files = new Dictionary<string, byte[]>(draft.Files) { [ModelPackage.ModelFile] = model, ["notes/a-b_1.txt"] = model };

            var version = PackagePublisher.Publish(root.Path, draft with { Files = files });

            var package = ModelPackage.Open(new ModelRepository(root.Path).Folder(role, version));
            Assert.Equal(model, File.ReadAllBytes(package.ModelPath));
            Assert.Equal(run, package.Manifest.TrainingRun);
            Assert.All(package.ReadGolden(), g => Assert.Equal(batch, g.Tensor.Shape[0]));
        }, iter: 25, threads: 1);
    }

    [Fact]
    public void Anchors_and_prior_come_back_as_they_were()
    {
        using var root = new TemporaryFolder();

        var anchors = ModelPackage.Open(Drafts.Publish(root, ModelRole.PoseEncoder)).ReadAnchors();
        var prior = ModelPackage.Open(Drafts.Publish(root, ModelRole.Generator)).ReadPrior();

        Assert.Equal(Drafts.Anchors().ToJson(), anchors.ToJson());
        Assert.Equal(Drafts.Prior().ToBytes(), prior.ToBytes());
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public void Package_with_any_file_missing_is_incomplete(ModelRole role)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, role);
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            var away = Path.Combine(root.Path, "away");
            File.Move(file, away);
            var error = Assert.Throws<PackageIncompleteException>(() => ModelPackage.Open(folder));
            Assert.Contains($"{Path.GetFileName(file)} is missing", error.Message, StringComparison.Ordinal);
            File.Move(away, file);
        }
        ModelPackage.Open(folder);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public void Package_with_any_file_cut_short_is_incomplete(ModelRole role)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, role);
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            var content = File.ReadAllBytes(file);
            foreach (var length in new[] { 0, 1, content.Length / 2, content.Length - 1 })
            {
                File.WriteAllBytes(file, content[..length]);
                var error = Assert.Throws<PackageIncompleteException>(() => ModelPackage.Open(folder));
                Assert.Contains(Path.GetFileName(file), error.Message, StringComparison.Ordinal);
            }
            File.WriteAllBytes(file, content);
        }
        ModelPackage.Open(folder);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public void Package_with_one_bit_changed_in_any_listed_file_is_invalid(ModelRole role)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, role);
        foreach (var listed in ModelPackage.Open(folder).Manifest.Files)
        {
            var file = Path.Combine(folder, listed.Path);
            var content = File.ReadAllBytes(file);
            content[content.Length / 2] ^= 1;
            File.WriteAllBytes(file, content);
            var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
            Assert.Contains(listed.Path, error.Message, StringComparison.Ordinal);
            Assert.Contains(listed.Sha256, error.Message, StringComparison.Ordinal);
            content[content.Length / 2] ^= 1;
            File.WriteAllBytes(file, content);
        }
    }

    [Fact]
    public void File_that_is_longer_than_listed_is_invalid()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.IdentityEncoder);
        File.AppendAllText(Path.Combine(folder, ModelPackage.CardFile), "more");

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Equal("card.md has 10 bytes, the manifest says 6", error.Message);
    }

    [Theory]
    [InlineData("weights.bin")]
    [InlineData("golden/weights.bin")]
    public void Weights_beside_the_network_are_refused(string path)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        File.WriteAllText(Path.Combine(folder, path), "external data");

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Equal($"{path} is not listed in the manifest", error.Message);
    }

    [Fact]
    public void Hidden_leftover_of_a_copying_program_is_passed_over()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        File.WriteAllText(Path.Combine(folder, ".model.onnx.Xy12"), "half");

        Assert.Equal(ModelRole.Generator, ModelPackage.Open(folder).Role);
    }

    [Fact]
    public void Link_to_a_file_outside_is_refused()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.IdentityEncoder);
        var (model, away) = (Path.Combine(folder, ModelPackage.ModelFile), Path.Combine(root.Path, "elsewhere"));
        File.Move(model, away);
        File.CreateSymbolicLink(model, away);

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains("model.onnx is a link", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_to_a_folder_outside_is_refused()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.IdentityEncoder);
        var (golden, away) = (Path.Combine(folder, "golden"), Path.Combine(root.Path, "elsewhere"));
        Directory.Move(golden, away);
        Directory.CreateSymbolicLink(golden, away);

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains("golden is a link", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Package_under_another_role_is_invalid()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.IdentityEncoder);
        var moved = Path.Combine(root.Role(ModelRole.Generator), "1");
        Directory.CreateDirectory(root.Role(ModelRole.Generator));
        Directory.Move(folder, moved);

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(moved));
        Assert.Contains("'identity-encoder'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'generator'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_that_lies_under_no_role_is_invalid()
    {
        using var root = new TemporaryFolder();
        Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(Path.Combine(root.Path, "face-painter", "1")));
        Assert.Throws<PackageInvalidException>(() => ModelPackage.Open("/"));
    }

    [Fact]
    public void Folder_that_is_gone_is_incomplete()
    {
        using var root = new TemporaryFolder();
        Assert.Throws<PackageIncompleteException>(() => ModelPackage.Open(Path.Combine(root.Role(ModelRole.Generator), "7")));
    }

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
    public void Space_that_the_role_does_not_speak_is_invalid(ModelRole role, string space)
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, role);
        Edit(folder, manifest => manifest[space] = JsonNode.Parse("{\"name\":\"x\",\"dimension\":2}"));

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
        Assert.Contains($"has no {space}", error.Message, StringComparison.Ordinal);
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

    public static TheoryData<ModelRole, string, byte[], string> BrokenSides => new()
    {
        { ModelRole.PoseEncoder, ModelPackage.AnchorsFile, "{\"yaw\":[0],\"pitch\":[0],\"roll\":[0],\"vectors\":[[1,2,3]]}"u8.ToArray(), "vectors of 3 numbers" },
        { ModelRole.PoseEncoder, ModelPackage.AnchorsFile, "{\"yaw\":[1,0],\"pitch\":[0],\"roll\":[0],\"vectors\":[]}"u8.ToArray(), "yaw must be ascending" },
        { ModelRole.PoseEncoder, ModelPackage.AnchorsFile, "{\"yaw\":[0],"u8.ToArray(), "anchors.json is broken" },
        { ModelRole.PoseEncoder, ModelPackage.AnchorsFile, "null"u8.ToArray(), "anchors.json is broken" },
        { ModelRole.Generator, ModelPackage.PriorFile, new byte[4 * 41], "41 numbers, expected 42" },
        { ModelRole.Generator, ModelPackage.PriorFile, new byte[4 * 42 + 1], "no whole number" },
        { ModelRole.Generator, ModelPackage.PriorFile, new byte[4 * 42], "nothing but zeros" },
        { ModelRole.Generator, ModelPackage.PriorFile, PackageDraft.Floats([.. Enumerable.Repeat(float.NaN, 42)]), "not finite" },
    };

    [Theory]
    [MemberData(nameof(BrokenSides), DisableDiscoveryEnumeration = true)]
    public void Broken_anchors_and_priors_are_not_published(ModelRole role, string path, byte[] content, string named)
    {
        using var root = new TemporaryFolder();
        var draft = Drafts.Create(role);
        var files = new Dictionary<string, byte[]>(draft.Files) { [path] = content };

        var error = Assert.Throws<PackageInvalidException>(() => PackagePublisher.Publish(root.Path, draft with { Files = files }));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(root.Role(role)));
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
