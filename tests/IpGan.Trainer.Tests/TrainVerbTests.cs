using System.Globalization;
using System.Text.RegularExpressions;
using IpGan.Testing;

namespace IpGan.Trainer.Tests;

public sealed partial class TrainVerbTests : IDisposable
{
    private static readonly string[] Endless = ["--triples", "1000000000", "--grid-minutes", "1000"];

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task Training_tells_losses_speed_and_time_left_in_plain_lines_and_leaves_checkpoint_and_grids()
    {
        var output = await _workshop.Succeed(Workshop.Train("--grid-minutes", "0"));
        Assert.Matches(@"^Run .+tiny: 16 pictures, 4 people with several, 32 px, cpu, Float32\.$", output[0]);
        Assert.Matches(@"^00:00:\d\d encoders 16 pictures \d+\.\d pictures/s left 0:\d\d \| adversary \S+ angles \d+\.\d{3} margin \d+\.\d{3} pose-prior \d+\.\d{3} teacher 0\.000$", output[1]);
        Assert.Matches("^Stopped at 24 of 24 triples after .+ Next: trainer export --from .+tiny --data \\. --data-note 'where these pictures come from'$", output[^1]);
        Assert.All(output, line => Assert.DoesNotContain('\e', line));

        Assert.True(File.Exists(_workshop.Checkpoint));
        var grids = Directory.GetFiles(Path.GetDirectoryName(_workshop.Checkpoint)!, "grid-*.png");
        Assert.Equal(["grid-00000008.png", "grid-00000016.png", "grid-00000024.png"], grids.Select(Path.GetFileName).Order());
        Assert.All(grids, grid => Assert.Equal(Png.GridSize(10, 4), Png.Size(grid)));
    }

    [Fact]
    public async Task Killed_at_any_moment_a_run_goes_on_from_its_last_checkpoint()
    {
        long before = 0;
        for (var round = 0; round < 4; round++)
        {
            // A checkpoint after every step, so that kills also come while one is being written.
            using var process = _workshop.Start(Workshop.Train([.. Endless, "--checkpoint-minutes", "0"]));
            await process.Until(() => process.Output.Count > 0);
            var resumed = Resumed().Match(process.Output[0]);
            Assert.Equal(round > 0, resumed.Success);
            if (round > 0)
            {
                var triples = long.Parse(resumed.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                Assert.True(triples >= before, $"{triples} triples after {before}");
                before = triples;
            }
            var started = File.Exists(_workshop.Checkpoint) ? File.GetLastWriteTimeUtc(_workshop.Checkpoint) : DateTime.MinValue;
            await process.Until(() => File.Exists(_workshop.Checkpoint) && File.GetLastWriteTimeUtc(_workshop.Checkpoint) > started);
            await process.Kill();
        }
        var output = await _workshop.Succeed(Workshop.Train("--triples", "1"));
        Assert.Matches(Resumed(), output[0]);
    }

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Interrupt)]
    public async Task A_signal_ends_the_run_with_a_checkpoint_of_the_last_step(Signal signal)
    {
        Assert.SkipWhen(signal == Signal.Interrupt && Signals.InterruptIsIgnored, Signals.WhyIgnored);
        using (var process = _workshop.Start(Workshop.Train([.. Endless, "--checkpoint-minutes", "1000"])))
        {
            await process.Until(() => process.Output.Count > 1);
            Assert.False(File.Exists(_workshop.Checkpoint));
            process.Send(signal);
            await process.Exited();
            Assert.Equal(0, process.ExitCode);
            Assert.Matches("^Stopped at \\d+ of 1000000000 triples", process.Output[^1]);
            var stopped = Regex.Match(process.Output[^1], "\\d+").Value;
            Assert.EndsWith($"({stopped} triples).", (await _workshop.Succeed(Workshop.Train("--triples", "0")))[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_processes_cannot_train_one_run()
    {
        using var first = _workshop.Start(Workshop.Train(Endless));
        await first.Until(() => first.Output.Count > 1);
        using var second = await _workshop.Run(Workshop.Train());
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("being trained by another process", Assert.Single(second.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_folders_of_people_can_be_trained_on_and_exported()
    {
        File.Delete(_workshop.Csv);
        Assert.StartsWith("No picture tells how a head is held", (await _workshop.Succeed(Workshop.Train()))[1], StringComparison.Ordinal);
        var output = await _workshop.Succeed("export", "--data", ".", "--from", "runs/tiny", "--data-note", "Drawn discs.");
        Assert.Equal(["identity-encoder/1", "pose-encoder/1", "generator/1"], output.Select(l => l.Split(':')[0]));
    }

    [Fact]
    public async Task A_run_is_not_grown_over_and_people_it_knows_are_not_said_to_be_strangers()
    {
        await _workshop.Succeed(Workshop.Train());
        var before = await File.ReadAllBytesAsync(_workshop.Checkpoint, TestContext.Current.CancellationToken);
        using (var refused = await _workshop.Run("train", "--data", ".", "--preset", "quick", "--name", "tiny", "--device", "cpu"))
        {
            Assert.Equal("trainer: 'runs/tiny' is a run of 32 px, and the preset asks for 64: give another --name, and --from runs/tiny to grow from what it has learnt.", Assert.Single(refused.Errors));
        }
        Assert.Equal(before, await File.ReadAllBytesAsync(_workshop.Checkpoint, TestContext.Current.CancellationToken));

        // Somebody else is held back now.
        var table = await File.ReadAllTextAsync(_workshop.Csv, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_workshop.Csv, table.Replace("p3,train", "p3,validation", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var measured = await _workshop.Succeed("evaluate", "--data", ".", "--from", "runs/tiny", "--heads", "none", "--device", "cpu");
        Assert.StartsWith("'runs/tiny' was trained on other people than those of '.'", measured[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_supervision_pictures_of_nobody_in_particular_are_enough()
    {
        foreach (var file in Directory.GetFiles(_workshop.Folder, "*.png", SearchOption.AllDirectories))
        {
            File.Move(file, Path.Combine(Directory.CreateDirectory(Path.ChangeExtension(file, null)).FullName, "one.png"));
        }
        File.Delete(_workshop.Csv);
        Directory.CreateDirectory(Path.Combine(_workshop.Folder, "pictures"));
        foreach (var folder in Directory.GetDirectories(_workshop.Folder, "p?").SelectMany(Directory.GetDirectories))
        {
            Directory.Move(folder, Path.Combine(_workshop.Folder, "pictures", folder.Replace(Path.DirectorySeparatorChar, '-')));
        }
        string[] train = [.. Workshop.Train().Select(a => a == "." ? "pictures" : a)];
        using (var refused = await _workshop.Run(train))
        {
            Assert.Contains("train with --supervision none", Assert.Single(refused.Errors), StringComparison.Ordinal);
        }
        var output = await _workshop.Succeed([.. train, "--supervision", "none"]);
        Assert.Contains("0 people with several", output[0], StringComparison.Ordinal);
        Assert.Matches(@"\| contrast \S+ pose \S+ pose-prior \S+$", output[1]);
        Assert.StartsWith("Stopped at 24 of 24 triples", output[^1], StringComparison.Ordinal);
        using var otherwise = await _workshop.Run([.. train, "--supervision", "identity"]);
        Assert.Equal("trainer: 'runs/tiny' was begun with --supervision none: give that, or another --name (and --from runs/tiny).", Assert.Single(otherwise.Errors));
    }

    [Fact]
    public async Task A_run_goes_on_with_views_that_it_has_drawn()
    {
        await _workshop.Succeed(Workshop.Train());
        // But for one person, people are seen from the front only.
        File.WriteAllLines(_workshop.Csv, (await File.ReadAllLinesAsync(_workshop.Csv, TestContext.Current.CancellationToken))
            .Where(l => !l.Contains(",profile,", StringComparison.Ordinal) || l.StartsWith("p0/", StringComparison.Ordinal)));
        var output = await _workshop.Succeed("views", "--data", ".", "--from", "runs/tiny", "--out", "more");
        Assert.Equal("more: 14 photos where they lie, and 3 views. Next: trainer train --data more --from runs/tiny --preset FILE, with more encoderPictures than it has seen", output[^1]);
        await File.WriteAllTextAsync(
            Path.Combine(_workshop.Folder, "longer.json"),
            (await File.ReadAllTextAsync(Path.Combine(_workshop.Folder, "tiny.json"), TestContext.Current.CancellationToken))
                .Replace("\"encoderPictures\": 32", "\"encoderPictures\": 64", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        var trained = await _workshop.Succeed([.. Workshop.Train("--from", "runs/tiny").Select(a => a == "." ? "more" : a == "tiny.json" ? "longer.json" : a), "--name", "longer"]);
        Assert.StartsWith("Run runs/longer: 10 pictures, 4 people with several", trained[0], StringComparison.Ordinal);
        // The encoders learn from them, though there are triples enough.
        Assert.Contains(trained, l => l.Contains("encoders 48 pictures", StringComparison.Ordinal));
        Assert.StartsWith("Stopped at 24 of 24 triples", trained[^1], StringComparison.Ordinal);
        var again = await _workshop.Succeed(Workshop.Train("--from", "runs/tiny"));
        Assert.Equal("Nothing was left to train: the preset asks for 32 pictures and 24 triples, and runs/tiny/checkpoint.safetensors has 32 and 24. To go on, give a --preset that asks for more.", again[^2]);
    }

    [GeneratedRegex(@", from .+ \((\d+) triples\)\.$")]
    private static partial Regex Resumed();
}
