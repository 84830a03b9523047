namespace IpGan.Trainer.Tests;

public sealed class WrongUseTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("train --data nowhere", "There is no folder 'nowhere'")]
    [InlineData("train --data . --preset nothing", "There is no preset 'nothing'. Built in: clean64, faces128, faces64, quick")]
    [InlineData("train --data . --preset wrong.json", "BatchSize is 3; it must be a multiple of 8")]
    [InlineData("train --data . --preset broken.json", "Preset 'broken.json' is not valid")]
    [InlineData("train --data . --preset unknown.json", "learnRate")]
    [InlineData("train --data . --preset tiny.json --threads 0", "--threads is 0; it must be 1 to 1024")]
    [InlineData("train --data . --preset tiny.json --minutes -1", "--minutes is -1; it must be 0 to 10000000")]
    [InlineData("train --data . --preset tiny.json --checkpoint-minutes NaN", "--checkpoint-minutes is NaN")]
    [InlineData("train --data . --preset tiny.json --triples -5", "--triples is -5; it must not be negative")]
    [InlineData("train --data . --preset tiny.json --precision half", "--precision is 'half'; it must be auto, bfloat16 or float32")]
    [InlineData("train --data . --preset tiny.json --supervision some", "--supervision is 'some'; it must be none, identity or identity+pose")]
    [InlineData("train --data . --preset tiny.json --device tpu", "--device is 'tpu'; it must be auto, cpu or cuda")]
    [InlineData("train --data . --preset tiny.json --from nothing.safetensors", "There is no 'nothing.safetensors'")]
    [InlineData("train --data . --preset tiny.json --from tiny.json", "'tiny.json' is not a complete safetensors file")]
    [InlineData("train --seed soon", "soon")]
    [InlineData("train --sede 1", "--sede")]
    [InlineData("grid --data . --people 0", "--people is 0; it must be 1 to 50")]
    [InlineData("grid --data . --from tiny.json", "'tiny.json' is not a complete safetensors file")]
    [InlineData("evaluate --data . --precision half", "--precision is 'half'; it must be auto, bfloat16 or float32")]
    [InlineData("evaluate --data . --from nowhere", "There is no 'nowhere'")]
    [InlineData("export --data . --from nowhere", "--data is given, but no --data-note")]
    [InlineData("export --from nowhere --judge j.onnx", "--judge is given, and nothing is measured: give --evaluate, too")]
    [InlineData("train --data . --preset tiny.json --mix .", "--mix is '.'; it must be FOLDER=SHARE")]
    [InlineData("train --data . --preset tiny.json --mix .=0.6 --mix .=0.4", "they must leave something for --data")]
    [InlineData("train --data . --preset tiny.json --mix nowhere=0.5", "There is no folder 'nowhere'")]
    [InlineData("evaluate --data . --heads nowhere --from tiny.json", "'tiny.json' is not a complete safetensors file")]
    [InlineData("synthesize --assets nowhere --out heads", "There is no folder 'nowhere'")]
    [InlineData("synthesize --assets . --out heads", "has no 3dobjs/base.obj")]
    [InlineData("synthesize --assets . --out .", "'.' is not empty; a data set is written into a folder of its own")]
    [InlineData("synthesize --assets . --out heads --yaw 100", "The largest yaw is 100; it must be 0 to 95 degrees")]
    [InlineData("synthesize --assets . --out heads --people 0", "The number for people is 0; it must be 1 to 1000000")]
    [InlineData("synthesize --assets . --out heads --yaw-distribution round", "--yaw-distribution is 'round'; it must be uniform or normal")]
    [InlineData("synthesize --assets .", "Give --out, the folder of the data set, or --sheet")]
    [InlineData("frobnicate", "frobnicate")]
    public void Wrong_use_is_told_in_one_line_with_an_exit_code(string line, string message)
    {
        Write("wrong.json", """{ "batchSize": 3 }""");
        Write("broken.json", "{ \"batchSize\": ");
        Write("unknown.json", """{ "learnRate": 1 }""");
        var (exitCode, output, errors) = TrainerHere.Run(_workshop.Folder, line.Split(' '));
        AssertRefused(exitCode, output, errors, message);
    }

    [Fact]
    public async Task A_bad_line_of_the_table_is_told_with_file_and_line()
    {
        File.WriteAllText(_workshop.Csv, File.ReadAllText(_workshop.Csv).Replace("p1/2.png,p1,train", "p1/2.png,p1,test", StringComparison.Ordinal));
        await AssertRefused(Workshop.Train(), "faces.csv', line 8: split is 'test'; it must be train or validation.");
    }

    [Fact]
    public async Task A_broken_picture_is_told_by_name()
    {
        Write(Path.Combine("p1", "2.png"), "no picture");
        await AssertRefused(Workshop.Train(), Path.Combine("p1", "2.png"));
    }

    [Fact]
    public async Task A_checkpoint_cut_short_is_told_by_name()
    {
        await _workshop.Succeed(Workshop.Train());
        using (var stream = File.OpenWrite(_workshop.Checkpoint))
        {
            stream.SetLength(stream.Length / 2);
        }
        await AssertRefused(Workshop.Train(), "checkpoint.safetensors': the data of");
        await AssertRefused(["grid", "--data", ".", "--from", "runs/tiny"], "checkpoint.safetensors': the data of");
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_workshop.Folder, name), text);

    private async Task AssertRefused(string[] arguments, string message)
    {
        using var process = await _workshop.Run(arguments);
        AssertRefused(process.ExitCode, process.Output, process.Errors, message);
    }

    private static void AssertRefused(int exitCode, IReadOnlyList<string> output, IReadOnlyList<string> errors, string message)
    {
        Assert.Equal(1, exitCode);
        Assert.Contains(message, Assert.Single(errors, line => line.Length > 0), StringComparison.Ordinal);
        Assert.DoesNotContain(output, line => line.Length > 0);
    }
}
