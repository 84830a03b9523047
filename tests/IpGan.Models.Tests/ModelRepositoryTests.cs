namespace IpGan.Models.Tests;

public sealed class ModelRepositoryTests
{
    [Fact]
    public void Versions_are_newest_first_and_other_names_are_passed_over()
    {
        using var root = new TemporaryFolder();
        foreach (var name in new[] { "9", "10", "2", ".staging-5", ".7", "0", "-3", "04", "1.5", "latest", "99999999999", "3 " })
        {
            Directory.CreateDirectory(Path.Combine(root.Role(ModelRole.PoseEncoder), name));
        }
        File.WriteAllText(Path.Combine(root.Role(ModelRole.PoseEncoder), "77"), "a file");

        Assert.Equal([10, 9, 2], new ModelRepository(root.Path).Versions(ModelRole.PoseEncoder));
    }

    [Fact]
    public void Repository_that_is_not_there_has_no_versions()
    {
        using var root = new TemporaryFolder();
        Assert.Empty(new ModelRepository(root.Path).Versions(ModelRole.PoseEncoder));
        Assert.Empty(new ModelRepository(Path.Combine(root.Path, "no", "such")).Versions(ModelRole.PoseEncoder));
    }

    [Fact]
    public void Fingerprint_changes_with_names_sizes_times_and_permissions_and_with_nothing_else()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        var repository = new ModelRepository(root.Path);
        ulong Now() => repository.Fingerprint(ModelRole.Generator, 1);
        var seen = new HashSet<ulong> { Now() };
        Assert.Equal(seen.Single(), Now());

        File.AppendAllText(Path.Combine(folder, ModelPackage.CardFile), "!");
        Assert.True(seen.Add(Now()), "size");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "golden", "pose.f32"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.True(seen.Add(Now()), "time");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(folder, ModelPackage.ModelFile), UnixFileMode.UserRead);
            Assert.True(seen.Add(Now()), "permissions");
        }
        File.Move(Path.Combine(folder, ModelPackage.CardFile), Path.Combine(folder, "cart.md"));
        Assert.True(seen.Add(Now()), "name");
        File.Delete(Path.Combine(folder, "cart.md"));
        Assert.True(seen.Add(Now()), "removed");
        Directory.Delete(folder, recursive: true);
        Assert.True(seen.Add(Now()), "gone");
        Assert.False(seen.Add(Now()));
    }

    [Fact]
    public void Fingerprint_ends_where_a_link_goes_round()
    {
        using var root = new TemporaryFolder();
        var folder = Drafts.Publish(root, ModelRole.Generator);
        var before = new ModelRepository(root.Path).Fingerprint(ModelRole.Generator, 1);
        Directory.CreateSymbolicLink(Path.Combine(folder, "golden", "up"), folder);

        Assert.NotEqual(before, new ModelRepository(root.Path).Fingerprint(ModelRole.Generator, 1));
        Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(folder));
    }

    [Fact]
    public void Role_names_are_those_of_the_contracts()
    {
        Assert.Equal(["identity-encoder", "pose-encoder", "generator", "face-finder"], ModelRoles.All.Select(r => r.Name()));
        Assert.All(ModelRoles.All, role => Assert.Equal(role, ModelRoles.Parse(role.Name())));
        var error = Assert.Throws<ArgumentException>(() => ModelRoles.Parse("Generator"));
        Assert.Contains("identity-encoder, pose-encoder, generator", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Space_names_tell_kind_training_rule_and_finder()
    {
        Assert.Equal("identity-7f3a9c21@square1+given", SpaceNames.Create("identity", "7f3a9c21", "square1"));
        Assert.Equal("pose-00000001@square2+finder3", SpaceNames.Create("pose", "00000001", "square2", "finder3"));
    }
}
