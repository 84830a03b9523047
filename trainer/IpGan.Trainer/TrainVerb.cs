using System.CommandLine;
using System.Runtime.InteropServices;
using IpGan.Training;
using IpGan.Training.Checkpoints;
using IpGan.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace IpGan.Trainer;

internal static class TrainVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var device = Verb.Device();
        var preset = new Option<string>("--preset")
        {
            Description = $"Built in: {string.Join(", ", TrainingPreset.BuiltIn)}; or a JSON file.",
            DefaultValueFactory = _ => "faces64",
        };
        var name = new Option<string?>("--name") { Description = "The run's name; its folder is RUNS/NAME. Default: the preset's name. A run that is there is resumed." };
        var from = new Option<string?>("--from") { Description = "Start a new run from this weights file or run instead of from nothing." };
        var seed = new Option<int>("--seed") { Description = "Seed of all random draws.", DefaultValueFactory = _ => 1 };
        var minutes = new Option<double?>("--minutes") { Description = "Stop after so many minutes; the run can be resumed." };
        var triples = new Option<long?>("--triples") { Description = "Stop after so many triples in all, instead of the preset's number." };
        var precision = new Option<string>("--precision")
        {
            Description = "auto, bfloat16 or float32. auto: bfloat16 on a GPU and on processors with AVX512-BF16, float32 elsewhere.",
            DefaultValueFactory = _ => "auto",
        };
        var threads = new Option<int?>("--threads") { Description = "CPU threads. Default: one for each core." };
        var checkpoint = new Option<double>("--checkpoint-minutes") { Description = "Minutes between checkpoints.", DefaultValueFactory = _ => 3 };
        var grid = new Option<double>("--grid-minutes") { Description = "Minutes between sample grids.", DefaultValueFactory = _ => 5 };

        var command = new Command("train", "Trains on a data set, with checkpoints and sample grids. Starting it again with the same name goes on where it stopped.")
        {
            data, runs, preset, name, from, seed, minutes, triples, device, precision, threads, checkpoint, grid,
        };
        command.SetAction(Verb.Action((parse, _) =>
        {
            var count = parse.GetValue(threads) ?? Environment.ProcessorCount;
            set_num_threads(count is >= 1 and <= 1024 ? count : throw new ArgumentException($"--threads is {count}; it must be 1 to 1024."));
            var target = Verb.ResolveDevice(parse.GetValue(device)!);
            var start = parse.GetValue(from);
            var chosen = TrainingPreset.Load(parse.GetValue(preset)!);
            if (parse.GetValue(triples) is { } most)
            {
                chosen = chosen with { Triples = most >= 0 ? most : throw new ArgumentException($"--triples is {most}; it must not be negative.") };
            }
            var folder = Path.Combine(parse.GetValue(runs)!, parse.GetValue(name) ?? chosen.Name);
            var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, chosen.Sizes.ImageSize);
            var own = Checkpoint.PathIn(folder);
            var resume = File.Exists(own) ? own : start is null ? null : Verb.ResolveWeights(start);
            var options = new TrainingRunOptions
            {
                Folder = folder,
                Seed = parse.GetValue(seed),
                CheckpointInterval = Verb.Minutes("--checkpoint-minutes", parse.GetValue(checkpoint)),
                GridInterval = Verb.Minutes("--grid-minutes", parse.GetValue(grid)),
                TimeLimit = parse.GetValue(minutes) is { } limit ? Verb.Minutes("--minutes", limit) : TimeSpan.MaxValue,
                Precision = ResolvePrecision(parse.GetValue(precision)!, target),
            };

            // The first signal ends the run with a checkpoint, the second one ends it at once.
            using var stop = new CancellationTokenSource();
            void End(PosixSignalContext context)
            {
                context.Cancel = !stop.IsCancellationRequested;
                stop.Cancel();
            }
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            using var run = new TrainingRun(faces, chosen, options, target, resume);
            Console.WriteLine($"Run {folder}: {faces.Indices.Count()} pictures, {faces.Classes} people with several, {chosen.Sizes.ImageSize} px, "
                + $"{target}, {options.Precision}{(resume is null ? "" : $", from {resume} ({run.State.Triples} triples)")}.");
            var samples = new SampleGrid(faces);
            using (var display = new ProgressDisplay())
            {
                run.Train(
                    display.Report,
                    (networks, state) => samples.Write(networks, Path.Combine(folder, $"grid-{state.Triples:D8}.png")),
                    stop.Token);
            }
            Console.WriteLine($"Stopped at {run.State.Triples} of {chosen.Triples} triples after {run.State.Elapsed:hh\\:mm\\:ss} of training. "
                + $"Checkpoint and grids: {folder}. Next: trainer export --from {folder}");
            return 0;
        }));
        return command;
    }

    private static ScalarType ResolvePrecision(string name, Device device) => name switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "auto" => device.type == DeviceType.CUDA || ProcessorFeatures.HasBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32,
        _ => throw new ArgumentException($"--precision is '{name}'; it must be auto, bfloat16 or float32."),
    };
}
