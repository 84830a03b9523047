namespace IpGan.Models.Tests;

public sealed class PackagePublisherTests
{
    [Fact]
    public void Versions_count_up_for_each_role()
    {
        using var root = new TemporaryFolder();

        Assert.Equal(1, PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.Generator)));
        Assert.Equal(2, PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.Generator)));
        Assert.Equal(1, PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.PoseEncoder)));
        Assert.Equal([2, 1], new ModelRepository(root.Path).Versions(ModelRole.Generator));
    }

    [Fact]
    public void One_unsound_package_of_several_keeps_all_back()
    {
        using var root = new TemporaryFolder();
        var sound = Drafts.Create(ModelRole.IdentityEncoder);
        var unsound = Drafts.Create(ModelRole.Generator);
        unsound = unsound with { Files = unsound.Files.Where(f => f.Key != ModelPackage.CardFile).ToDictionary() };

        Assert.Throws<PackageInvalidException>(() => PackagePublisher.PublishAll(root.Path, [sound, unsound]));
        Assert.Empty(Directory.GetFiles(root.Path, "*", SearchOption.AllDirectories));
        Assert.Equal([1, 1], PackagePublisher.PublishAll(root.Path, [sound, Drafts.Create(ModelRole.Generator)]));
    }

    [Fact]
    public void Gap_in_the_versions_is_not_filled()
    {
        using var root = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(root.Role(ModelRole.Generator), "41"));

        Assert.Equal(42, PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.Generator)));
    }

    [Fact]
    public async Task Publishers_at_the_same_time_get_a_version_each()
    {
        using var root = new TemporaryFolder();

        var versions = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ =>
            Task.Run(() => PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.PoseEncoder)), TestContext.Current.CancellationToken)));

        Assert.Equal(Enumerable.Range(1, 12), versions.Order());
        foreach (var version in versions)
        {
            ModelPackage.Open(new ModelRepository(root.Path).Folder(ModelRole.PoseEncoder, version));
        }
        Assert.Equal(12, Directory.GetFileSystemEntries(root.Role(ModelRole.PoseEncoder)).Length);
    }

    [Fact]
    public async Task Watcher_never_sees_half_a_package()
    {
        using var root = new TemporaryFolder();
        var repository = new ModelRepository(root.Path);
        var publishing = Task.Run(() =>
        {
            for (var i = 0; i < 12; i++)
            {
                PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.Generator));
            }
        }, TestContext.Current.CancellationToken);

        var opened = new HashSet<int>();
        while (opened.Count < 12)
        {
            foreach (var version in repository.Versions(ModelRole.Generator).Where(opened.Add))
            {
                // Throws if anything were missing.
                ModelPackage.Open(repository.Folder(ModelRole.Generator, version));
            }
            Assert.False(publishing.IsFaulted);
        }
        await publishing;
    }

    [Fact]
    public void Refused_draft_leaves_nothing_behind()
    {
        using var root = new TemporaryFolder();
        var draft = Drafts.Create(ModelRole.Generator);

        var error = Assert.Throws<PackageInvalidException>(() =>
            PackagePublisher.Publish(root.Path, draft with { Manifest = draft.Manifest with { ImageSize = 64 } }));
        Assert.Contains("[N, 3, 64, 64]", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(root.Role(ModelRole.Generator)));
    }

    [Theory]
    [InlineData("../../escaped")]
    [InlineData("/tmp/escaped")]
    [InlineData(".hidden")]
    [InlineData("manifest.json")]
    [InlineData("")]
    public void File_outside_the_package_is_never_written(string path)
    {
        using var root = new TemporaryFolder();
        var draft = Drafts.Create(ModelRole.Generator);
        var files = new Dictionary<string, byte[]>(draft.Files) { [path] = [1] };

        Assert.Throws<PackageInvalidException>(() => PackagePublisher.Publish(root.Path, draft with { Files = files }));
        Assert.Empty(Directory.GetFileSystemEntries(root.Path));
    }

    [Fact]
    public void Draft_of_an_unknown_role_is_refused()
    {
        using var root = new TemporaryFolder();
        var draft = Drafts.Create(ModelRole.Generator);
        Assert.Throws<ArgumentException>(() => PackagePublisher.Publish(root.Path, draft with { Manifest = draft.Manifest with { Role = "painter" } }));
    }

    [Fact]
    public void What_a_killed_publisher_left_is_invisible_and_removed_once_it_is_old()
    {
        using var root = new TemporaryFolder();
        var left = Path.Combine(root.Role(ModelRole.Generator), ".staging-0123");
        Directory.CreateDirectory(Path.Combine(left, "golden"));
        File.WriteAllText(Path.Combine(left, ModelPackage.ModelFile), "half");
        Assert.Empty(new ModelRepository(root.Path).Versions(ModelRole.Generator));

        Assert.Equal(1, PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.Generator)));
        Assert.True(Directory.Exists(left), "It may belong to a publisher that is still at work.");

        Assert.Equal(2, PackagePublisher.Publish(root.Path, Drafts.Create(ModelRole.Generator), new LaterTime(TimeSpan.FromHours(2))));
        Assert.False(Directory.Exists(left));
    }

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
