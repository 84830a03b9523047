using IpGan.Models;

namespace IpGan.Serving.Tests.Versions;

public sealed class SwapTests
{
    [Fact]
    public async Task Without_a_repository_nothing_answers_until_one_comes()
    {
        using var bench = new Bench();
        await bench.ScanAsync();

        Assert.False(bench.Host.IsReady);
        var error = Assert.Throws<NoModelException>(() => bench.Host.Acquire(""));
        Assert.Contains(bench.Root, error.Message, StringComparison.Ordinal);
        Assert.Throws<NoModelException>(() => bench.Host.Acquire("1"));
        Assert.Equal("", bench.States());
        Assert.Equal(1, bench.Log.Count("Warning: No model"));

        await bench.PublishAndScanAsync();
        Assert.True(bench.Host.IsReady);
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Newest_versions_are_loaded_and_the_newest_answers()
    {
        using var bench = new Bench(keep: 2);
        bench.Publish();
        bench.Publish();
        bench.Publish();
        await bench.ScanAsync();

        Assert.Equal("3 Ready, 2 Ready, 1 Available", bench.States());
        Assert.Equal("3", bench.Ask());
        Assert.Equal("3", bench.Ask("3"));
        Assert.Equal("2", bench.Ask("2"));
        var error = Assert.Throws<VersionNotLoadedException>(() => bench.Host.Acquire("1"));
        Assert.Contains("'1'", error.Message, StringComparison.Ordinal);
        Assert.Contains("loaded are 2, 3", error.Message, StringComparison.Ordinal);
        Assert.Throws<VersionNotLoadedException>(() => bench.Host.Acquire("newest"));
    }

    [Fact]
    public async Task Description_says_what_the_package_says()
    {
        using var bench = new Bench(role: ModelRole.Generator);
        await bench.PublishAndScanAsync();

        var service = bench.Host.Describe();
        var model = service.Models.Single();

        Assert.Equal(("generator", "CPU", "", true), (service.Role, service.Device, service.PinnedVersion, service.Reachable));
        Assert.Equal((TinyPackages.IdentitySpace(Bench.Space), TinyPackages.IdentityDimension), (model.IdentitySpace.Name, model.IdentitySpace.Dimension));
        Assert.Equal((TinyPackages.PoseSpace(Bench.Space), TinyPackages.PoseDimension), (model.PoseSpace.Name, model.PoseSpace.Dimension));
        Assert.Equal((16, true, ""), (model.ImageSize, model.Active, model.Problem));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 16, 0, 0, TimeSpan.Zero), model.Created.ToDateTimeOffset());
    }

    [Fact]
    public async Task New_version_takes_over_and_the_old_one_answers_by_name()
    {
        using var bench = new Bench();
        await bench.PublishAndScanAsync();
        var changed = bench.Host.Changed;
        using var before = bench.Host.Acquire("");

        await bench.PublishAndScanAsync();

        Assert.True(changed.IsCompleted);
        Assert.Equal("2", bench.Ask());
        Assert.Equal("1", bench.Ask("1"));
        Assert.Equal("1", bench.Ask(before));
    }

    [Fact]
    public async Task Look_at_an_unchanged_repository_changes_nothing()
    {
        using var bench = new Bench(keep: 1);
        bench.Publish();
        bench.Publish();
        await bench.ScanAsync();
        var changed = bench.Host.Changed;

        await bench.ScanAsync();
        await bench.ScanAsync();

        Assert.False(changed.IsCompleted);
        Assert.Equal(1, bench.Log.Count(" loaded in "));
    }

    [Fact]
    public async Task Requests_during_swaps_all_get_the_answer_of_the_version_they_name()
    {
        using var bench = new Bench(keep: 2);
        await bench.PublishAndScanAsync();
        Task<int> AskAsync() => Task.FromResult(int.Parse(bench.Ask(), System.Globalization.CultureInfo.InvariantCulture));
        async Task<int> PublishAsync()
        {
            await bench.PublishAndScanAsync();
            bench.Time.Advance(Bench.DrainDelay);
            return int.Parse(bench.Active!, System.Globalization.CultureInfo.InvariantCulture);
        }

        await SwapTraffic.RunAsync([AskAsync, AskAsync, AskAsync], PublishAsync, 8, TestContext.Current.CancellationToken);

        Assert.Equal("9", bench.Ask());
    }

    [Fact]
    public async Task Folder_that_cannot_be_looked_at_counts_as_looked_at_soon_and_says_why_nothing_is_loaded()
    {
        using var bench = new Bench(role: Models.ModelRole.FaceFinder);
        Directory.CreateSymbolicLink(bench.RoleFolder, bench.RoleFolder);
        await bench.Host.StartAsync(TestContext.Current.CancellationToken);
        try
        {
            await Bench.UntilAsync(() => bench.Log.Count("cannot be looked at for face-finder") == 1);
            Assert.False(bench.Host.HasLooked);
            await Bench.UntilAsync(() =>
            {
                bench.Time.Advance(TimeSpan.FromSeconds(1));
                return bench.Host.HasLooked;
            });
            Assert.Contains("cannot be looked at: ", Assert.Throws<NoModelException>(() => bench.Host.Acquire("")).Message, StringComparison.Ordinal);
        }
        finally
        {
            await bench.Host.StopAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Finder_that_is_missing_and_one_that_cannot_be_used_are_told_apart()
    {
        using var bench = new Bench(role: Models.ModelRole.FaceFinder);
        await bench.ScanAsync();
        Assert.Equal((1, 0), (bench.Log.Count("holds no face-finder/VERSION"), bench.Log.Count("can be used")));

        BrokenPackages.Publish(bench.Root, Models.ModelRole.FaceFinder, Breakage.WrongChecksum, Bench.Space, 1);
        await bench.ScanAsync();
        await bench.ScanAsync();
        Assert.Equal((1, 1), (bench.Log.Count("holds no face-finder/VERSION"), bench.Log.Count("can be used")));
    }

    [Fact]
    public async Task Service_that_starts_looks_by_itself_and_survives_what_nobody_foresaw()
    {
        using var bench = new Bench();
        // A link that leads to itself cannot be followed.
        Directory.CreateSymbolicLink(bench.RoleFolder, bench.RoleFolder);
        await bench.Host.StartAsync(TestContext.Current.CancellationToken);
        try
        {
            await Bench.UntilAsync(() => bench.Log.Count("cannot be looked at") == 1);
            bench.Time.Advance(TimeSpan.FromSeconds(1));
            bench.Time.Advance(TimeSpan.FromSeconds(1));
            File.Delete(bench.RoleFolder);
            bench.Publish();
            await Bench.UntilAsync(() =>
            {
                bench.Time.Advance(TimeSpan.FromSeconds(1));
                return bench.Host.IsReady;
            });
            Assert.Equal(1, bench.Log.Count("cannot be looked at"));
            Assert.Equal("1", bench.Ask());
        }
        finally
        {
            await bench.Host.StopAsync(CancellationToken.None);
        }
    }
}
