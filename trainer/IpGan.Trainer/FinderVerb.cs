using System.CommandLine;
using System.Diagnostics;
using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Finding;

namespace IpGan.Trainer;

internal static class FinderVerb
{
    // Squares are kept at this size: more than a face in a scene mostly has, and all of them fit into memory.
    private const int SquareSize = 128;

    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(30);

    public static Command Create() => new("finder", "The face finder: a small network that finds faces in whole photos.") { Train(), Export(), Grid() };

    private static Command Train()
    {
        var data = Verb.Data();
        var mix = Verb.Mix();
        var runs = Verb.Runs();
        var name = new Option<string>("--name") { Description = "The run's name; its folder is RUNS/NAME. A run that is there goes on.", DefaultValueFactory = _ => "finder" };
        var seed = new Option<int>("--seed") { Description = "Seed of all random draws.", DefaultValueFactory = _ => 1 };
        var steps = new Option<long>("--steps") { Description = "Steps in all; the learning rate falls to nothing over them.", DefaultValueFactory = _ => 20_000 };
        var precision = Verb.Precision();
        var threads = Verb.Threads();
        var checkpoint = new Option<double>("--checkpoint-minutes") { Description = "Minutes between checkpoints.", DefaultValueFactory = _ => 3 };
        var command = new Command("train", "Trains on scenes that are composed of a data set's faces. Starting it again with the same name goes on where it stopped.")
        {
            data, mix, runs, name, seed, steps, precision, threads, checkpoint,
        };
        command.SetAction(Verb.Action(parse =>
        {
            Verb.SetThreads(parse.GetValue(threads));
            if (parse.GetValue(steps) is < 1 or > 100_000_000)
            {
                throw new ArgumentException($"--steps is {parse.GetValue(steps)}; it must be 1 to 100000000.");
            }
            var faces = Verb.LoadMix(parse.GetValue(data)!, parse.GetValue(mix)!, parse.GetValue(runs)!, SquareSize);
            var folder = Path.Combine(parse.GetValue(runs)!, parse.GetValue(name)!);
            using var stop = new StopSignals();
            using var run = new FinderRun(
                SceneComposer.Training(faces), folder, parse.GetValue(steps), parse.GetValue(seed),
                Verb.ResolvePrecision(parse.GetValue(precision)!, TorchSharp.torch.CPU));
            Console.WriteLine($"Run {folder}: {faces.Indices.Count()} faces, step {run.Steps} of {run.PlannedSteps}.");
            var sinceLine = Stopwatch.StartNew();
            run.Train(
                Verb.Minutes("--checkpoint-minutes", parse.GetValue(checkpoint)),
                progress =>
                {
                    if (sinceLine.Elapsed > LineInterval)
                    {
                        sinceLine.Restart();
                        Console.WriteLine(FormattableString.Invariant(
                            $"step {progress.Steps} {progress.ScenesPerSecond:F1} scenes/s | {string.Join(" ", progress.Terms.Select(t => FormattableString.Invariant($"{t.Key} {t.Value:F4}")))}"));
                    }
                },
                stop.Token);
            Console.WriteLine($"Stopped at step {run.Steps} of {run.PlannedSteps}. Checkpoint: {FinderRun.PathIn(folder)}.");
            return 0;
        }));
        return command;
    }

    private static Command Export()
    {
        var data = Verb.Data();
        var heads = Verb.Heads();
        var runs = Verb.Runs();
        var from = From();
        var models = Verb.Models("The model repository to publish into; its newest complete set of the other three, if it has one, verifies with given and with found squares.");
        var note = Verb.DataNote(Verb.PhotosNote);
        var scenes = new Option<int>("--scenes") { Description = "Composed scenes to measure on; the threshold that services decide by is chosen there.", DefaultValueFactory = _ => 300 };
        var weights = new Option<string?>("--weights") { Description = "Also write the network in half precision to this .safetensors file." };
        var sign = Verb.Sign();
        var command = new Command("export", "Measures a finder on people it was never trained on and writes its package into the model repository, as `trainer export` does for the others.")
        {
            data, heads, runs, from, models, note, scenes, weights, sign,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var dataNote = Verb.ResolveDataNote(parse, data, note, Verb.PhotosNote);
            if (parse.GetValue(scenes) is < 1 or > 100_000)
            {
                throw new ArgumentException($"--scenes is {parse.GetValue(scenes)}; it must be 1 to 100000.");
            }
            var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, SquareSize);
            var rendered = Verb.LoadHeads(parse.GetValue(heads)!, parse.GetValue(runs)!, SquareSize)
                ?? throw new ArgumentException("--heads is none; the package's golden picture is made of rendered heads, because no photo of anybody may be in a package.");
            using var network = new FinderNetwork();
            var (steps, people) = Load(parse.GetValue(from)!, network);
            Verb.CheckPeople(parse, data, parse.GetValue(from)!, people, faces);
            if (parse.GetValue(weights) is { } file)
            {
                Verb.CreateFolderOf(file);
                FinderWeights.SaveHalf(file, network, steps, people);
            }
            var repository = parse.GetValue(models)!;
            Verb.CreateFolder(repository);
            using var key = Verb.ResolveKey(parse.GetValue(sign));
            var (package, report) = FinderExporter.Export(
                network, steps, n => Measure(n, faces, parse.GetValue(scenes), repository), SceneComposer.Training(rendered), repository, Onnx.WeightStorage.Half, dataNote, key);
            ExportVerb.Print(package);
            Console.WriteLine(FormattableString.Invariant(
                $"threshold {report.Threshold:F3}: recall {report.Recall:P1}, precision {report.Precision:P1}, points off by {report.PointError:P1} of S; more in its card.md"));
            return 0;
        }));
        return command;
    }

    private static Command Grid()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var from = From();
        var output = new Option<string>("--out") { Description = "The PNG to write.", DefaultValueFactory = _ => "finder.png" };
        var photos = new Option<string?>("--photos") { Description = "A folder of photos to look at instead of composed scenes." };
        var threshold = new Option<double>("--threshold") { Description = "The score from which on a candidate is a face.", DefaultValueFactory = _ => 0.4 };
        var command = new Command("grid", "Draws what a finder finds: green squares and points were found, white squares are there.") { data, runs, from, output, photos, threshold };
        command.SetAction(Verb.Action(parse =>
        {
            using var network = new FinderNetwork();
            var (steps, _) = Load(parse.GetValue(from)!, network);
            var file = parse.GetValue(output)!;
            Verb.CreateFolderOf(file);
            if (parse.GetValue(photos) is { } folder)
            {
                string[] files = [.. Directory.EnumerateFiles(folder).Where(f => f.EndsWith(".jpg", StringComparison.OrdinalIgnoreCase) || f.EndsWith(".png", StringComparison.OrdinalIgnoreCase)).Order()];
                FinderSamples.WritePhotos(network, files.Length > 0 ? files : throw new ArgumentException($"'{folder}' has no .jpg or .png."), parse.GetValue(threshold), file);
            }
            else
            {
                var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, SquareSize);
                FinderSamples.Write(network, SceneComposer.Validation(faces), parse.GetValue(threshold), file);
            }
            Console.WriteLine($"{file}: after {steps} steps.");
            return 0;
        }));
        return command;
    }

    private static Option<string> From() => new("--from")
    {
        Description = "A run's folder, or a weights file (.safetensors).",
        DefaultValueFactory = _ => Path.Combine("trainer", "weights", "face-finder.safetensors"),
    };

    private static (long Steps, string? People) Load(string from, FinderNetwork network)
    {
        var file = Directory.Exists(from) ? FinderRun.PathIn(from) : from;
        return File.Exists(file) && FinderWeights.Load(file, network) is var loaded
            ? (loaded.Steps, loaded.People)
            : throw new ArgumentException($"There is no '{file}'. Give --from a run's folder (runs/finder) or a weights file.");
    }

    private static FinderReport Measure(FinderNetwork network, TrainingFaces faces, int scenes, string repository)
    {
        var report = FinderEvaluation.Run(network, SceneComposer.Validation(faces), scenes);
        // A finder needs no photos that are marked as frontal and profile; what found squares cost is not known without.
        if (new ModelRepository(repository).Versions(ModelRole.Generator).Count == 0 || !Evaluator.HasPairs(faces))
        {
            return report;
        }
        using var model = FaceModel.Open(repository);
        return report with { Squares = FoundSquaresMeasure.Run(network, report.Threshold, model, faces) };
    }
}
