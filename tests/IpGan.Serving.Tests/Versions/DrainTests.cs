using IpGan.Serving.Versions;

namespace IpGan.Serving.Tests.Versions;

public sealed class DrainTests
{
    [Fact]
    public async Task Old_version_drains_and_its_memory_goes_with_the_last_lease()
    {
        using var bench = new Bench(keep: 1);
        await bench.PublishAndScanAsync();
        var lease = bench.Host.Acquire("");
        var second = bench.Host.Acquire("");
        var old = lease.Model;

        await bench.PublishAndScanAsync();
        Assert.Equal("2 Ready, 1 Draining", bench.States());
        Assert.Equal("1", bench.Ask("1"));

        bench.Time.Advance(Bench.DrainDelay);
        await Bench.UntilAsync(() => bench.States() == "2 Ready, 1 Available");
        Assert.Throws<VersionNotLoadedException>(() => bench.Host.Acquire("1"));
        Assert.Equal("1", bench.Ask(lease));

        lease.Dispose();
        lease.Dispose();
        Assert.False(old.Disposed.IsCompleted);
        Assert.Equal("1", bench.Ask(second));
        second.Dispose();
        await old.Disposed.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(old.TryAcquire());
        Assert.Throws<ObjectDisposedException>(() => second.Model);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(-400)]
    public async Task Clock_that_jumps_neither_hurries_nor_delays_the_draining(int days)
    {
        using var bench = new Bench(keep: 1);
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();

        bench.Time.AdjustTime(bench.Time.GetUtcNow().AddDays(days));
        await bench.ScanAsync();
        Assert.Equal("2 Ready, 1 Draining", bench.States());
        Assert.Equal("1", bench.Ask("1"));

        bench.Time.Advance(Bench.DrainDelay);
        await Bench.UntilAsync(() => bench.States() == "2 Ready, 1 Available");
    }

    [Fact]
    public async Task Drained_version_is_not_loaded_again_by_itself()
    {
        using var bench = new Bench(keep: 1);
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();
        bench.Time.Advance(Bench.DrainDelay);
        await Bench.UntilAsync(() => bench.States() == "2 Ready, 1 Available");

        await bench.ScanAsync();
        await bench.ScanAsync();

        Assert.Equal("2 Ready, 1 Available", bench.States());
        Assert.Equal(2, bench.Log.Count(" loaded in "));
    }

    [Fact]
    public async Task Draining_version_that_is_chosen_stays()
    {
        using var bench = new Bench(keep: 1);
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();

        await bench.Host.SetVersionAsync(1, TestContext.Current.CancellationToken);
        bench.Time.Advance(Bench.DrainDelay);
        await bench.ScanAsync();

        Assert.Equal("2 Ready, 1 Ready", bench.States());
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Version_that_drains_a_second_time_gets_all_its_time_again()
    {
        using var bench = new Bench(keep: 1);
        await bench.PublishAndScanAsync();
        await bench.PublishAndScanAsync();
        bench.Time.Advance(Bench.DrainDelay / 2);
        await bench.Host.SetVersionAsync(1, TestContext.Current.CancellationToken);
        await bench.Host.SetVersionAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal("2 Ready, 1 Draining", bench.States());

        bench.Time.Advance(Bench.DrainDelay / 2);
        // Whoever the first draining had woken has been here by then.
        await bench.ScanAsync();
        await bench.ScanAsync();
        Assert.Equal("1", bench.Ask("1"));

        bench.Time.Advance(Bench.DrainDelay / 2);
        await Bench.UntilAsync(() => bench.States() == "2 Ready, 1 Available");
    }

    [Fact]
    public async Task Host_that_is_disposed_gives_all_memory_back()
    {
        var bench = new Bench();
        bench.Publish();
        await bench.PublishAndScanAsync();
        var models = new List<LoadedModel>();
        foreach (var version in new[] { "1", "2" })
        {
            using var lease = bench.Host.Acquire(version);
            models.Add(lease.Model);
        }

        bench.Dispose();

        await Task.WhenAll(models.Select(m => m.Disposed)).WaitAsync(TestContext.Current.CancellationToken);
    }
}
