namespace IpGan.Serving.Tests.Versions;

public sealed class ChoiceTests
{
    [Fact]
    public async Task Chosen_version_stays_active_when_newer_ones_come_and_the_newest_is_followed_again_afterwards()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();

        await bench.Host.SetVersionAsync(1, TestContext.Current.CancellationToken);
        Assert.Equal("1", bench.Ask());
        Assert.Equal("1", bench.Host.Describe().PinnedVersion);

        await bench.PublishAndScanAsync();
        Assert.Equal("3 Ready, 2 Ready, 1 Ready", bench.States());
        Assert.Equal(("1", "1"), (bench.Ask(), bench.Active));

        await bench.Host.SetVersionAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal(("3", "3", ""), (bench.Ask(), bench.Active, bench.Host.Describe().PinnedVersion));
        await bench.PublishAndScanAsync();
        Assert.Equal("4", bench.Ask());
    }

    [Fact]
    public async Task Older_version_that_is_not_loaded_is_loaded_when_it_is_chosen()
    {
        using var bench = new Bench(keep: 1);
        bench.Publish();
        bench.Publish();
        await bench.PublishAndScanAsync();
        Assert.Equal("3 Ready, 2 Available, 1 Available", bench.States());

        await bench.Host.SetVersionAsync(1, TestContext.Current.CancellationToken);

        Assert.Equal("1", bench.Ask());
        await bench.ScanAsync();
        Assert.Equal("3 Ready, 2 Available, 1 Ready", bench.States());
    }

    [Fact]
    public async Task Version_may_be_chosen_before_the_service_has_seen_it()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        bench.Publish();

        await bench.Host.SetVersionAsync(2, TestContext.Current.CancellationToken);

        Assert.Equal("2", bench.Ask());
    }

    [Fact]
    public async Task Version_that_is_not_on_disk_cannot_be_chosen()
    {
        using var bench = new Bench();
        bench.Publish();
        await bench.PublishAndScanAsync();

        var error = await Assert.ThrowsAsync<VersionNotLoadedException>(() => bench.Host.SetVersionAsync(9, TestContext.Current.CancellationToken));

        Assert.Contains("no version 9", error.Message, StringComparison.Ordinal);
        Assert.Contains("there are 2, 1", error.Message, StringComparison.Ordinal);
        Assert.Equal("2", bench.Ask());
        Assert.Equal("", bench.Host.Describe().PinnedVersion);
    }

    [Fact]
    public async Task Broken_version_cannot_be_chosen_and_the_message_says_why()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        var broken = BrokenPackages.Publish(bench.Root, Models.ModelRole.IdentityEncoder, Breakage.NanWeights, Bench.Space, 7);

        var error = await Assert.ThrowsAsync<VersionRejectedException>(
            () => bench.Host.SetVersionAsync(broken, TestContext.Current.CancellationToken));

        Assert.Contains("the model gives NaN", error.Message, StringComparison.Ordinal);
        Assert.Equal("1", bench.Ask());
        Assert.Equal("", bench.Host.Describe().PinnedVersion);
    }

    [Fact]
    public async Task Choices_and_looks_at_the_same_time_leave_a_sound_state()
    {
        using var bench = new Bench(keep: 2);
        for (var i = 0; i < 4; i++)
        {
            bench.Publish();
        }
        await bench.ScanAsync();
        var cancel = TestContext.Current.CancellationToken;

        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(async () =>
        {
            if (i % 3 == 0)
            {
                await bench.Host.ScanAsync(cancel);
            }
            else
            {
                await bench.Host.SetVersionAsync(i % 5 == 0 ? null : 1 + i % 4, cancel);
            }
            bench.Ask();
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }, cancel)));
        await bench.Host.SetVersionAsync(2, cancel);
        Assert.Equal("2", bench.Ask());
        await bench.Host.SetVersionAsync(null, cancel);
        bench.Time.Advance(Bench.DrainDelay);

        await Bench.UntilAsync(() => bench.States() == "4 Ready, 3 Ready, 2 Available, 1 Available");
        Assert.Equal("4", bench.Ask());
    }

    [Fact]
    public async Task Caller_who_loses_patience_while_another_change_goes_on_changes_nothing()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        // A package that takes as long to read as this test likes.
        var manifest = Path.Combine(bench.Folder(2), Models.Manifest.FileName);
        Directory.CreateDirectory(bench.Folder(2));
        Gate.Create(manifest);
        var looking = Task.Run(() => bench.ScanAsync(), TestContext.Current.CancellationToken);
        await Bench.UntilAsync(() => bench.States() == "2 Loading, 1 Ready");

        using var gone = new CancellationTokenSource();
        var choosing = bench.Host.SetVersionAsync(1, gone.Token);
        Assert.False(choosing.IsCompleted);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => choosing);
        Gate.Open(manifest);
        await looking;

        Assert.Equal(("", "2 Incomplete, 1 Ready"), (bench.Host.Describe().PinnedVersion, bench.States()));
        await bench.Host.SetVersionAsync(1, TestContext.Current.CancellationToken);
    }
}
