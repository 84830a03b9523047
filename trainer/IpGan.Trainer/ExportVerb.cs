using System.CommandLine;
using IpGan.Models;
using IpGan.Onnx;
using IpGan.Training.Checkpoints;
using IpGan.Training.Evaluation;
using IpGan.Training.Export;

namespace IpGan.Trainer;

internal static class ExportVerb
{
    private const string DefaultNote = "CFP (Sengupta et al., WACV 2016) and LFW (Huang et al.), both released for research: use these models for research.";

    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var from = Verb.From();
        var models = new Option<string>("--models") { Description = "The model repository to publish into.", DefaultValueFactory = _ => "models" };
        var note = new Option<string?>("--data-note")
        {
            Description = "Where the training data came from and what its licence allows; goes into the model cards. Must be given with --data; "
                + $"without either: \"{DefaultNote}\"",
        };
        var full = new Option<bool>("--full") { Description = "Store weights as float32 instead of in half precision." };
        var evaluate = new Option<bool>("--evaluate") { Description = "Measure first, and write the numbers into the model cards." };
        var weights = new Option<string?>("--weights") { Description = "Also write all networks in half precision to this .safetensors file, to start other runs from." };
        var command = new Command("export",
            "Writes the three model packages of a run into the model repository: ONNX, parity-checked against TorchSharp, with golden files, manifest and card. Services that watch the repository load them.")
        {
            data, runs, from, models, note, full, evaluate, weights,
        };
        command.SetAction(Verb.Action((parse, _) =>
        {
            // The default says what the default data set is; of another one it would be a lie.
            var dataNote = parse.GetValue(note) ?? (parse.GetResult(data) is { Implicit: false }
                ? throw new ArgumentException("--data is given, but no --data-note: say where these pictures come from and what their licence allows.")
                : DefaultNote);
            var (networks, preset, state) = Verb.LoadNetworks(parse.GetValue(from)!, TorchSharp.torch.CPU);
            using (networks)
            {
                var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                if (parse.GetValue(weights) is { } file)
                {
                    Verb.CreateFolderOf(file);
                    Checkpoint.SaveWeights(file, networks, state, preset);
                    Console.WriteLine($"weights: {file}");
                }
                var report = parse.GetValue(evaluate) ? new Evaluator(networks, faces).Run() : null;
                var exporter = new PackageExporter(networks, faces, preset, state);
                foreach (var package in exporter.Export(
                    parse.GetValue(models)!, parse.GetValue(full) ? WeightStorage.Full : WeightStorage.Half, dataNote, report))
                {
                    Console.WriteLine(FormattableString.Invariant(
                        $"{package.Role.Name()}/{package.Version}: model.onnx {package.Bytes / 1048576.0:F1} MiB, parity {package.LargestError:G2}"));
                }
            }
            return 0;
        }));
        return command;
    }
}
