using IpGan.Models;

namespace IpGan.Serving.Tests.Versions;

/// <summary>The choice of a version outlives the process that was told of it, and binds all on the same repository.</summary>
public sealed class PinTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_starts_on_a_repository_with_a_pin_answers_by_that_version_and_by_no_other_before()
    {
        using var bench = new Bench();
        bench.Publish();
        bench.Publish();
        new ModelRepository(bench.Root).WritePin(ModelRole.IdentityEncoder, 1);
        await bench.ScanAsync();
        Assert.Equal((1, 0), (bench.Log.Count("identity-encoder 1 loaded", ", active."), bench.Log.Count("identity-encoder 2 loaded", ", active.")));
        Assert.Equal(("1", "2 Ready, 1 Ready", "1"), (bench.Ask(), bench.States(), bench.Host.Describe().PinnedVersion));
    }

    [Fact]
    public async Task A_choice_is_written_into_the_repository_and_taken_back_from_it()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();
        var repository = new ModelRepository(bench.Root);
        await bench.Host.SetVersionAsync(1, Cancel);
        Assert.Equal(1, repository.ReadPin(ModelRole.IdentityEncoder));
        await bench.Host.SetVersionAsync(null, Cancel);
        Assert.Null(repository.ReadPin(ModelRole.IdentityEncoder));
    }

    [Fact]
    public async Task A_pin_that_another_process_writes_is_followed_at_the_next_look_also_by_loading_an_old_version()
    {
        using var bench = new Bench(keep: 1);
        bench.Publish();
        bench.Publish();
        await bench.ScanAsync();
        Assert.Equal("2 Ready, 1 Available", bench.States());
        var repository = new ModelRepository(bench.Root);
        repository.WritePin(ModelRole.IdentityEncoder, 1);
        await bench.ScanAsync();
        await bench.ScanAsync();
        Assert.Equal(("1", "2 Ready, 1 Ready"), (bench.Ask(), bench.States()));
        repository.WritePin(ModelRole.IdentityEncoder, null);
        await bench.ScanAsync();
        Assert.Equal("2", bench.Ask());
    }

    [Fact]
    public async Task A_pin_on_a_version_that_is_missing_or_broken_leaves_the_newest_answering_until_it_comes()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        new ModelRepository(bench.Root).WritePin(ModelRole.IdentityEncoder, 2);
        await bench.ScanAsync();
        Assert.Equal("1", bench.Ask());
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();
        Assert.Equal(("2", "2"), (bench.Ask(), bench.Active));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_a_mirror_is_filled_nobody_answers_in_place_of_the_pinned_version(bool comes)
    {
        var complete = false;
        using var bench = new Bench(folderIsComplete: () => complete);
        bench.Publish();
        bench.Publish();
        new ModelRepository(bench.Root).WritePin(ModelRole.IdentityEncoder, 1);
        var away = bench.Folder(1) + "-away";
        Directory.Move(bench.Folder(1), away);
        await bench.ScanAsync();
        Assert.Equal(("2 Ready", false), (bench.States(), bench.Host.IsReady));

        if (comes)
        {
            Directory.Move(away, bench.Folder(1));
            await bench.ScanAsync();
            Assert.Equal("1", bench.Ask());
        }
        complete = true;
        await bench.ScanAsync();
        Assert.Equal(comes ? "1" : "2", bench.Ask());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_repository_that_is_away_for_a_while_takes_no_pin_back(bool folderStays)
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();
        await bench.Host.SetVersionAsync(1, Cancel);
        var away = bench.RoleFolder + "-away";
        Directory.Move(bench.RoleFolder, away);
        if (folderStays)
        {
            // What is left of a volume that is not mounted.
            Directory.CreateDirectory(bench.RoleFolder);
        }

        await bench.ScanAsync();
        Assert.Equal(("1", "1"), (bench.Active, bench.Host.Describe().PinnedVersion));

        if (folderStays)
        {
            Directory.Delete(bench.RoleFolder);
        }
        Directory.Move(away, bench.RoleFolder);
        await bench.ScanAsync();
        Assert.Equal(("1", "1"), (bench.Ask(), bench.Host.Describe().PinnedVersion));
        new ModelRepository(bench.Root).WritePin(ModelRole.IdentityEncoder, null);
        await bench.ScanAsync();
        Assert.Equal("2", bench.Ask());
    }

    [Fact]
    public async Task A_pinned_version_that_could_not_be_read_is_tried_again_also_beyond_the_newest()
    {
        using var bench = new Bench(keep: 1);
        bench.Publish();
        bench.Publish();
        new ModelRepository(bench.Root).WritePin(ModelRole.IdentityEncoder, 1);
        using (new FileStream(Path.Combine(bench.Folder(1), ModelPackage.ModelFile), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await bench.ScanAsync();
            Assert.Equal("2 Ready, 1 Incomplete", bench.States());
        }

        bench.Time.Advance(TimeSpan.FromSeconds(29));
        await bench.ScanAsync();
        Assert.Equal("2 Ready, 1 Incomplete", bench.States());
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await bench.ScanAsync();
        Assert.Equal(("1", "2 Ready, 1 Ready"), (bench.Ask(), bench.States()));
    }

    [Fact]
    public async Task A_pin_that_is_no_version_is_ignored_and_said_once()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        File.WriteAllText(Path.Combine(bench.RoleFolder, "pinned"), "latest");
        await bench.ScanAsync();
        await bench.ScanAsync();
        Assert.Equal("1", bench.Ask());
        Assert.Equal(1, bench.Log.Count("holds 'latest'; it must hold a version"));
    }

    [Fact]
    public async Task In_a_repository_that_cannot_be_written_the_choice_holds_for_the_process_and_the_log_says_so()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();
        // Works for root, too, whom permissions do not stop: a folder stands where the file should go.
        Directory.CreateDirectory(Path.Combine(bench.RoleFolder, "pinned"));
        await bench.Host.SetVersionAsync(1, Cancel);
        Assert.Equal("1", bench.Ask());
        Assert.Equal(1, bench.Log.Count("the choice cannot be kept"));
    }
}
