using IpGan.Models;
using IpGan.V1;

namespace IpGan.Serving.Tests.Versions;

public sealed class BrokenPackageTests
{
    public static TheoryData<ModelRole, Breakage> Everything =>
        [.. ModelRoles.All.SelectMany(role => Enum.GetValues<Breakage>().Select(breakage => (role, breakage)))];

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task Broken_version_is_refused_with_its_reason_while_the_old_one_serves_on(ModelRole role, Breakage breakage)
    {
        using var bench = new Bench(role: role);
        await bench.PublishAndScanAsync();
        var broken = BrokenPackages.Publish(bench.Root, role, breakage, Bench.Space, 7);

        await bench.ScanAsync();

        Assert.Equal("1", bench.Active);
        var model = bench.Model(broken);
        Assert.Equal(breakage.IsIncomplete() ? ModelState.Incomplete : ModelState.Rejected, model.State);
        Assert.Contains(breakage.ExpectedProblem(), model.Problem, StringComparison.Ordinal);
        Assert.Equal(1, bench.Log.Count(model.Problem));
        Assert.Throws<VersionNotLoadedException>(() => bench.Host.Acquire(model.Version));

        // Looked at again only when its files change.
        await bench.ScanAsync();
        Assert.Equal(1, bench.Log.Count(model.Problem));
        await bench.PublishAndScanAsync();
        Assert.Equal("3", bench.Active);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Package_that_is_copied_file_by_file_is_loaded_when_it_is_complete_and_not_before(bool manifestFirst)
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        using var elsewhere = new TemporaryFolder();
        TinyPackages.Publish(elsewhere.Path, ModelRole.IdentityEncoder, Bench.Space, 7);
        var source = new ModelRepository(elsewhere.Path).Folder(ModelRole.IdentityEncoder, 1);
        var files = Directory.GetFiles(source, "*", SearchOption.AllDirectories)
            .OrderBy(f => Path.GetFileName(f) == Manifest.FileName != manifestFirst).ThenBy(f => f, StringComparer.Ordinal).ToList();

        foreach (var file in files)
        {
            Assert.Equal("1", bench.Active);
            var target = Path.Combine(bench.Folder(2), Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var content = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            // Half of it, then the rest.
            await File.WriteAllBytesAsync(target, content[..(content.Length / 2)], TestContext.Current.CancellationToken);
            await bench.ScanAsync();
            Assert.Equal(ModelState.Incomplete, bench.Model(2).State);
            await File.WriteAllBytesAsync(target, content, TestContext.Current.CancellationToken);
            await bench.ScanAsync();
        }

        Assert.Equal("2 Ready, 1 Ready", bench.States());
        Assert.Equal("2", bench.Ask());
        Assert.Equal(0, bench.Log.Count("refused"));
    }

    [Fact]
    public async Task Version_whose_files_could_not_be_read_is_tried_again_later_and_later()
    {
        using var bench = new Bench();
        bench.Publish();
        using (new FileStream(Path.Combine(bench.Folder(1), ModelPackage.ModelFile), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await bench.ScanAsync();
            Assert.Equal("1 Incomplete", bench.States());
            bench.Time.Advance(TimeSpan.FromSeconds(30));
            await bench.ScanAsync();
            Assert.Equal(2, bench.Log.Count(bench.Model(1).Problem));
        }

        bench.Time.Advance(TimeSpan.FromSeconds(59));
        await bench.ScanAsync();
        Assert.Equal("1 Incomplete", bench.States());
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await bench.ScanAsync();
        Assert.Equal("1 Ready", bench.States());
    }

    [Fact]
    public async Task Version_for_which_there_is_no_memory_is_tried_again_later()
    {
        using var bench = new Bench();
        var draft = TinyPackages.Draft(ModelRole.IdentityEncoder, Bench.Space, 7);
        PackagePublisher.Publish(bench.Root, new PackageDraft(draft.Manifest, new Dictionary<string, byte[]>(draft.Files)
        {
            [ModelPackage.ModelFile] = TinyPackages.WithHugeTensor(draft.Files[ModelPackage.ModelFile]),
        }));

        await bench.ScanAsync();
        var problem = bench.Model(1).Problem;
        await bench.ScanAsync();
        Assert.Equal((ModelState.Rejected, 1), (bench.Model(1).State, bench.Log.Count(problem)));

        bench.Time.Advance(TimeSpan.FromSeconds(30));
        await bench.ScanAsync();
        Assert.True(bench.Log.Count(problem) == 2, problem);
    }

    [Fact]
    public async Task Repository_counts_as_looked_at_once_the_folder_has_what_a_bucket_has()
    {
        var complete = false;
        using var bench = new Bench(folderIsComplete: () => complete);
        await bench.ScanAsync();
        Assert.False(bench.Host.HasLooked);

        var changed = bench.Host.Changed;
        complete = true;
        await bench.ScanAsync();

        Assert.True(bench.Host.HasLooked);
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public async Task Refused_version_is_loaded_when_its_files_are_mended()
    {
        using var bench = new Bench();
        bench.Publish();
        var model = Path.Combine(bench.Folder(1), ModelPackage.ModelFile);
        var sound = await File.ReadAllBytesAsync(model, TestContext.Current.CancellationToken);
        BrokenPackages.Break(bench.Folder(1), Breakage.WrongChecksum);
        await bench.ScanAsync();
        Assert.Equal(ModelState.Rejected, bench.Model(1).State);

        await File.WriteAllBytesAsync(model, sound, TestContext.Current.CancellationToken);
        await bench.ScanAsync();

        Assert.Equal("1", bench.Ask());
        Assert.Equal("", bench.Model(1).Problem);
    }

    [Fact]
    public async Task Broken_newest_version_does_not_keep_an_older_one_from_being_loaded()
    {
        using var bench = new Bench(keep: 1);
        bench.Publish();
        BrokenPackages.Publish(bench.Root, ModelRole.IdentityEncoder, Breakage.WrongOutputName, Bench.Space, 7);

        await bench.ScanAsync();

        Assert.Equal("2 Rejected, 1 Ready", bench.States());
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Files_that_change_underneath_are_reported_and_the_loaded_version_serves_on()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        var card = Path.Combine(bench.Folder(1), ModelPackage.CardFile);
        var content = await File.ReadAllTextAsync(card, TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(card, "another card", TestContext.Current.CancellationToken);
        await bench.ScanAsync();
        await bench.ScanAsync();
        Assert.Contains("changed after it was loaded", bench.Model(1).Problem, StringComparison.Ordinal);
        Assert.Contains("card.md", bench.Model(1).Problem, StringComparison.Ordinal);
        Assert.Equal(ModelState.Ready, bench.Model(1).State);
        Assert.Equal(1, bench.Log.Count("Warning: identity-encoder 1 serves on"));

        await File.WriteAllTextAsync(card, content, TestContext.Current.CancellationToken);
        await bench.ScanAsync();
        Assert.Equal("", bench.Model(1).Problem);
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Files_whose_times_alone_change_are_no_change()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();

        File.SetLastWriteTimeUtc(Path.Combine(bench.Folder(1), ModelPackage.ModelFile), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await bench.ScanAsync();

        Assert.Equal("", bench.Model(1).Problem);
        Assert.Equal(0, bench.Log.Count("Warning"));
    }

    [Fact]
    public async Task Loaded_version_whose_folder_is_gone_serves_on_and_no_older_one_is_loaded_in_vain()
    {
        using var bench = new Bench(keep: 1);
        bench.Publish();
        await bench.PublishAndScanAsync();
        using var lease = bench.Host.Acquire("");
        Directory.Delete(bench.Folder(2), recursive: true);

        for (var i = 0; i < 3; i++)
        {
            await bench.ScanAsync();
            bench.Time.Advance(Bench.DrainDelay);
        }

        Assert.Equal("2 Ready, 1 Available", bench.States());
        Assert.Equal("2", bench.Active);
        Assert.Contains("its folder is gone", bench.Model(2).Problem, StringComparison.Ordinal);
        Assert.Equal(1, bench.Log.Count(" loaded in "));

        // The number is given again, and the newest is followed: the version in memory is not the one on disk, and says so.
        await bench.PublishAndScanAsync();
        Assert.Contains("changed after it was loaded", bench.Model(2).Problem, StringComparison.Ordinal);
        await bench.PublishAndScanAsync();
        Assert.Equal("3", bench.Ask());
    }

    [Fact]
    public async Task Repository_that_vanishes_and_comes_back_is_not_noticed_by_requests()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        var away = bench.RoleFolder + "-away";
        Directory.Move(bench.RoleFolder, away);
        await bench.ScanAsync();
        Assert.Equal("1", bench.Active);

        Directory.Move(away, bench.RoleFolder);
        await bench.ScanAsync();

        Assert.Equal("1", bench.Ask());
        Assert.Equal("", bench.Model(1).Problem);
    }

    [Fact]
    public async Task Version_that_is_not_loaded_is_forgotten_with_its_folder()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        BrokenPackages.Publish(bench.Root, ModelRole.IdentityEncoder, Breakage.NotOnnx, Bench.Space, 7);
        await bench.ScanAsync();
        Assert.Equal("2 Rejected, 1 Ready", bench.States());

        Directory.Delete(bench.Folder(2), recursive: true);
        await bench.ScanAsync();

        Assert.Equal("1 Ready", bench.States());
    }
}
