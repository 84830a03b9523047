using System.CommandLine;
using IpGan.Models;
using IpGan.Onnx;
using IpGan.Training.Checkpoints;
using IpGan.Training.Evaluation;
using IpGan.Training.Export;

namespace IpGan.Trainer;

internal static class ExportVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var heads = Verb.Heads();
        var runs = Verb.Runs();
        var from = Verb.From();
        var models = Verb.Models("The model repository to publish into; for a run with --into, the one that has the space.");
        var note = Verb.DataNote(Verb.TaughtNote);
        var full = new Option<bool>("--full") { Description = "Store weights as float32 instead of in half precision." };
        var evaluate = new Option<bool>("--evaluate") { Description = "Measure first, and write the numbers into the model cards." };
        var judge = Verb.Judge();
        var sign = Verb.Sign();
        var weights = new Option<string?>("--weights") { Description = "Also write all networks in half precision to this .safetensors file, to start other runs from." };
        var bridges = new Option<string[]>("--bridge-from")
        {
            Description = "An older identity encoder's package (models/identity-encoder/1): a bridge from its space into the new one is fitted, measured on the "
                + "validation people and put into the new package, so that face indexes whose photos are gone can follow (ipgan search migrate). May be repeated.",
            HelpName = "PACKAGE",
            DefaultValueFactory = _ => [],
        };
        var command = new Command("export",
            "Writes the three model packages of a run into the model repository: ONNX, parity-checked against TorchSharp, with golden files, manifest and card. Services that watch the repository load them.")
        {
            data, heads, runs, from, models, note, full, evaluate, judge, weights, bridges, sign,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var dataNote = Verb.ResolveDataNote(parse, data, note, Verb.TaughtNote);
            if (parse.GetValue(judge)!.Length > 0 && !parse.GetValue(evaluate))
            {
                throw new ArgumentException("--judge is given, and nothing is measured: give --evaluate, too, or leave it out.");
            }
            using var key = Verb.ResolveKey(parse.GetValue(sign));
            var (networks, preset, state) = Verb.LoadNetworks(parse.GetValue(from)!, TorchSharp.torch.CPU);
            using (networks)
            {
                if (preset.Into is not null && parse.GetValue(evaluate))
                {
                    throw new ArgumentException("The run is an update into a space: it is measured against the model that made it, without --evaluate and --judge.");
                }
                var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                Verb.CheckPeople(parse, data, parse.GetValue(from)!, state.People, faces);
                Verb.CreateFolder(parse.GetValue(models)!);
                var rendered = Verb.LoadHeads(parse.GetValue(heads)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                AngleHeadFit.Fit(networks, preset.Supervision, faces);
                if (parse.GetValue(weights) is { } file)
                {
                    Verb.CreateFolderOf(file);
                    Checkpoint.SaveWeights(file, networks, state, preset);
                    Console.WriteLine($"weights: {file}");
                }
                // What is measured is what is published: with weights rounded. A run that starts from the weights above trains the generator as it learnt to be.
                if (preset.Into is null)
                {
                    TurnFit.Fit(networks, faces);
                }
                var storage = parse.GetValue(full) ? WeightStorage.Full : WeightStorage.Half;
                PackageExporter.Prepare(networks, storage);
                using var judges = new Judges(parse.GetValue(judge)!, networks, faces);
                var evaluator = parse.GetValue(evaluate) ? new Evaluator(networks, faces, rendered) { Judges = judges.All } : null;
                var exporter = new PackageExporter(networks, faces, preset, state)
                {
                    BridgesFrom = [.. parse.GetValue(bridges)!.Select(ModelPackage.Open)],
                    Anchors = evaluator?.Anchors,
                    Key = key,
                };
                if (preset.Into is { } update)
                {
                    using var old = FaceModel.OfSpace(parse.GetValue(models)!, update.Space);
                    Print(exporter.ExportUpdate(
                        parse.GetValue(models)!, storage, dataNote, old, Print));
                    return 0;
                }
                foreach (var package in exporter.Export(
                    parse.GetValue(models)!, storage, dataNote, evaluator is null ? null : evaluator.Run, rendered))
                {
                    Print(package);
                }
            }
            return 0;
        }));
        return command;
    }

    internal static void Print(ExportedPackage package)
    {
        Console.WriteLine(FormattableString.Invariant(
            $"{package.Role.Name()}/{package.Version}: model.onnx {package.Bytes / 1048576.0:F1} MiB, parity {package.LargestError:G2}"));
        if (package.Spoken is { } spoken)
        {
            Console.WriteLine($"answers like version {Path.GetFileName(spoken.Folder)} and keeps its space {(spoken.Manifest.IdentitySpace ?? spoken.Manifest.PoseSpace)!.Name}");
        }
        foreach (var (from, _, m) in package.Bridges)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"bridge from {from.Name}: found first {m.Found:P1} (old {m.OldFound:P1}, new {m.NewFound:P1}), pairs told right {m.Accuracy:P1} (old {m.OldAccuracy:P1}, ")
                + FormattableString.Invariant($"new {m.NewAccuracy:P1}); {m.MeasuredOn}"));
        }
    }

    private static void Print(AgreementReport a) => Console.WriteLine(FormattableString.Invariant(
        $"agreement with the old {a.Role.Name()} on {a.Photos} photos: {a.Agreement:F3} (at least {AgreementReport.LeastAgreement:F2}); ")
        + FormattableString.Invariant($"error {a.OldError:F3} old, {a.MixedError:F3} new (at most {a.LargestLoss:F2} more)"));
}
