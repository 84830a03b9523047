using IpGan.Models;
using IpGan.Serving.Versions;

namespace IpGan.Serving.Tests.Versions;

public sealed class CanaryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<Bench> TrialAsync(Func<Bench, int> publish, double share = 1)
    {
        var bench = new Bench(canaryShare: share);
        await bench.PublishAndScanAsync();
        publish(bench);
        await bench.ScanAsync();
        return bench;
    }

    private static async Task AskUntilDecidedAsync(Bench bench)
    {
        await Bench.UntilAsync(() =>
        {
            // Callers are answered by the active version, whatever becomes of the other one.
            using var lease = bench.Host.Acquire("");
            bench.Ask(lease);
            return !bench.States().Contains("Canary", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Version_whose_answers_agree_becomes_active_after_enough_of_them()
    {
        using var bench = await TrialAsync(b => b.PublishAgain());
        Assert.Equal("2 Canary, 1 Ready", bench.States());
        Assert.Equal("1", bench.Ask());
        Assert.Equal("2", bench.Ask("2"));

        await AskUntilDecidedAsync(bench);

        Assert.Equal("2 Ready, 1 Ready", bench.States());
        Assert.Equal("2", bench.Ask());
        Assert.Equal(1, bench.Log.Count("passed its trial, with answers 0.000"));
        Assert.Null(new ModelRepository(bench.Root).ReadPin(ModelRole.IdentityEncoder));
    }

    [Fact]
    public async Task Version_whose_answers_differ_is_rejected_and_the_active_one_pinned()
    {
        using var bench = await TrialAsync(b => b.Publish());
        await AskUntilDecidedAsync(bench);

        Assert.Equal("2 Rejected, 1 Ready", bench.States());
        Assert.Contains("from those of the active version", bench.Model(2).Problem, StringComparison.Ordinal);
        Assert.Equal("1", bench.Ask());
        Assert.Equal(1, new ModelRepository(bench.Root).ReadPin(ModelRole.IdentityEncoder));

        // Not tried again, here or by a process that starts later.
        await bench.ScanAsync();
        Assert.Equal("2 Rejected, 1 Ready", bench.States());
    }

    [Fact]
    public async Task Operator_ends_a_trial_either_way()
    {
        using var bench = await TrialAsync(b => b.Publish());
        await bench.Host.SetVersionAsync(2, Cancel);
        Assert.Equal("2 Ready, 1 Ready", bench.States());
        Assert.Equal("2", bench.Ask());

        using var other = await TrialAsync(b => b.Publish());
        await other.Host.SetVersionAsync(1, Cancel);
        Assert.Equal("2 Ready, 1 Ready", other.States());
        for (var i = 0; i < 2 * Bench.CanaryRequests; i++)
        {
            Assert.Equal("1", other.Ask());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Version_that_waited_behind_a_pin_is_tried_when_the_newest_is_followed_again(bool fromDisk)
    {
        using var bench = new Bench(canaryShare: 1);
        await bench.PublishAndScanAsync();
        await bench.Host.SetVersionAsync(1, Cancel);
        await bench.PublishAndScanAsync();
        Assert.Equal("2 Ready, 1 Ready", bench.States());

        if (fromDisk)
        {
            new ModelRepository(bench.Root).WritePin(ModelRole.IdentityEncoder, null);
            await bench.ScanAsync();
        }
        else
        {
            await bench.Host.SetVersionAsync(null, Cancel);
        }

        // Asked last: one answer that differs enough decides, and pins.
        Assert.Equal(("2 Canary, 1 Ready", "", "1"), (bench.States(), bench.Host.Describe().PinnedVersion, bench.Ask()));
        await AskUntilDecidedAsync(bench);
        Assert.Equal(("2 Rejected, 1 Ready", "1"), (bench.States(), bench.Ask()));
    }

    [Fact]
    public async Task Newer_version_takes_the_trial_over()
    {
        using var bench = await TrialAsync(b => b.Publish());
        bench.Publish();
        await bench.ScanAsync();
        Assert.Equal("3 Canary, 2 Ready, 1 Ready", bench.States());
        await AskUntilDecidedAsync(bench);
        Assert.Equal("3 Rejected, 2 Ready, 1 Ready", bench.States());
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Of_two_versions_that_come_at_once_the_newer_one_is_tried()
    {
        using var bench = await TrialAsync(b => b.Publish() + b.Publish());
        Assert.Equal("3 Canary, 2 Ready, 1 Ready", bench.States());
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Version_of_other_spaces_is_not_tried()
    {
        using var bench = await TrialAsync(b => TinyPackages.Publish(b.Root, ModelRole.IdentityEncoder, "0000000b", 7));
        Assert.Equal("2 Ready, 1 Ready", bench.States());
        Assert.Equal("2", bench.Active);
    }

    [Fact]
    public async Task Without_a_share_there_is_no_trial()
    {
        using var bench = await TrialAsync(b => b.Publish(), share: 0);
        Assert.Equal("2 Ready, 1 Ready", bench.States());
        Assert.Equal("2", bench.Ask());
    }

    [Fact]
    public void Distance_is_relative_to_the_first_answer()
    {
        TensorSignature[] outputs = [new("identity", [-1, 2])];
        Assert.Equal(0, Canary.Distance(outputs, [[1, 2]], [[1, 2]]));
        Assert.Equal(Math.Sqrt(2), Canary.Distance(outputs, [[1, 0]], [[0, 1]]), 1e-6);
        Assert.Equal(0.5, Canary.Distance(outputs, [[2, 0]], [[2, 1]]), 1e-6);
        Assert.Equal(double.NaN, Canary.Distance(outputs, [[2, 0]], [[2, float.NaN]]));
    }

    [Fact]
    public void Of_several_outputs_the_furthest_counts_and_angles_are_held_against_a_quarter_of_a_turn()
    {
        TensorSignature[] outputs = [new("pose", [-1, 2]), new("angles", [-1, 3])];
        Assert.Equal(Math.Sqrt(2), Canary.Distance(outputs, [[1, 0], [40, 10, 0]], [[0, 1], [40, 10, 0]]), 1e-6);
        Assert.Equal(2 / 90.0, Canary.Distance(outputs, [[1, 0], [0, 0, 0]], [[1, 0], [2, 0, 0]]), 1e-6);
        // Two items, of which one is turned.
        Assert.Equal(0.5, Canary.Distance(outputs, [[1, 0, 1, 0], [0, 0, 0, 0, 0, 0]], [[1, 0, 1, 0], [0, 0, 0, 0, 45 * MathF.Sqrt(2), 0]]), 1e-6);
    }
}
