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

    [Fact]
    public void What_is_read_is_what_was_checked()
    {
        using var root = new TemporaryFolder();
        var package = ModelPackage.Open(Drafts.Publish(root, ModelRole.Generator));
        Assert.Equal(File.ReadAllBytes(package.ModelPath), package.Read(ModelPackage.ModelFile));
        foreach (var file in package.Manifest.Files)
        {
            File.AppendAllText(Path.Combine(package.Folder, file.Path), "x");
        }
        foreach (var read in new Action[] { () => package.Read(ModelPackage.ModelFile), () => package.ReadPrior(), () => package.ReadGolden() })
        {
            Assert.Contains("was changed while the package was read", Assert.Throws<PackageInvalidException>(read).Message, StringComparison.Ordinal);
        }
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
}
