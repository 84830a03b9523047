using System.CommandLine;
using IpGan.Training;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Recognisers;

namespace IpGan.Trainer;

internal static class TrainVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var device = Verb.Device();
        var mix = Verb.Mix();
        var preset = new Option<string>("--preset")
        {
            Description = $"Built in: {string.Join(", ", TrainingPreset.BuiltIn)}; or a JSON file.",
            DefaultValueFactory = _ => "faces128",
        };
        var supervision = new Option<string?>("--supervision")
        {
            Description = "What the run may know of its pictures: none, identity (people and descriptors) or identity+pose (angles, too). Default: the preset's.",
        };
        var into = new Option<string?>("--into")
        {
            Description = "Train one encoder anew into this space, which a model in --models has; everything else stays as it is. Only the preset's encoderPictures count.",
        };
        var models = Verb.Models("The model repository that has the space of --into.");
        var name = new Option<string?>("--name") { Description = "The run's name; its folder is RUNS/NAME. Default: the preset's name. A run that is there is resumed." };
        var from = new Option<string?>("--from") { Description = "Start a new run from this weights file or run instead of from nothing." };
        var freshGenerator = new Option<bool>("--fresh-generator")
        {
            Description = "With --from, of a new run: keep the encoders only and begin generator and discriminator afresh, for encoders that have moved since.",
        };
        var seed = new Option<int>("--seed") { Description = "Seed of all random draws.", DefaultValueFactory = _ => 1 };
        var minutes = new Option<double?>("--minutes") { Description = "Stop after so many minutes; the run can be resumed." };
        var triples = new Option<long?>("--triples") { Description = "Stop after so many triples in all, instead of the preset's number." };
        var recogniser = Verb.Recogniser($"Says of drawn pictures, too, whether the person was kept: {Verb.AnyRecogniser}, whichever made the data set's descriptors. Needs angles.");
        var precision = Verb.Precision();
        var threads = Verb.Threads();
        var checkpoint = new Option<double>("--checkpoint-minutes") { Description = "Minutes between checkpoints.", DefaultValueFactory = _ => 3 };
        var grid = new Option<double>("--grid-minutes") { Description = "Minutes between sample grids.", DefaultValueFactory = _ => 5 };

        var command = new Command("train", "Trains on a data set, with checkpoints and sample grids. Starting it again with the same name goes on where it stopped.")
        {
            data, mix, runs, preset, name, from, freshGenerator, seed, minutes, triples, device, precision, threads, checkpoint, grid,
            supervision, into, models, recogniser,
        };
        command.SetAction(Verb.Action(parse =>
        {
            Verb.SetThreads(parse.GetValue(threads));
            var target = Verb.ResolveDevice(parse.GetValue(device)!);
            var start = parse.GetValue(from);
            var chosen = TrainingPreset.Load(parse.GetValue(preset)!);
            if (parse.GetValue(triples) is { } most)
            {
                chosen = chosen with { Triples = most >= 0 ? most : throw new ArgumentException($"--triples is {most}; it must not be negative.") };
            }
            if (parse.GetValue(supervision) is { } allowed)
            {
                chosen = chosen with { Supervision = SupervisionNames.Parse(allowed) };
            }
            using var old = parse.GetValue(into) is { } space ? FaceModel.OfSpace(parse.GetValue(models)!, space) : null;
            if (old is not null)
            {
                chosen = chosen with { Into = CompatibleUpdate.Into(parse.GetValue(into)!, old, chosen.Sizes) };
                CompatibleUpdate.CheckMeasurable(Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, chosen.Sizes.ImageSize));
            }
            var folder = Path.Combine(parse.GetValue(runs)!, parse.GetValue(name) ?? chosen.Name);
            var faces = Verb.LoadMix(parse.GetValue(data)!, parse.GetValue(mix)!, parse.GetValue(runs)!, chosen.Sizes.ImageSize, chosen.Supervision);
            using var outside = parse.GetValue(recogniser) is { } weights ? LoadRecogniser(weights, faces, chosen, target) : null;
            var own = Checkpoint.PathIn(folder);
            if (File.Exists(own))
            {
                CheckSame(folder, Checkpoint.ReadOrigin(own).Preset, chosen);
            }
            var resume = File.Exists(own) ? own : start is null ? null : Verb.ResolveWeights(start);
            if (parse.GetValue(freshGenerator) && start is null)
            {
                throw new ArgumentException("--fresh-generator needs --from: the file or run whose encoders are kept.");
            }
            var options = new TrainingRunOptions
            {
                FreshGenerator = parse.GetValue(freshGenerator) && resume != own,
                Folder = folder,
                Old = old,
                Recogniser = outside,
                Seed = parse.GetValue(seed),
                CheckpointInterval = Verb.Minutes("--checkpoint-minutes", parse.GetValue(checkpoint)),
                GridInterval = Verb.Minutes("--grid-minutes", parse.GetValue(grid)),
                TimeLimit = parse.GetValue(minutes) is { } limit ? Verb.Minutes("--minutes", limit) : TimeSpan.MaxValue,
                Precision = Verb.ResolvePrecision(parse.GetValue(precision)!, target),
            };

            using var stop = new StopSignals();
            using var run = new TrainingRun(faces, chosen, options, target, resume);
            Console.WriteLine($"Run {folder}: {faces.Indices.Count()} pictures, {faces.Classes} people with several, {chosen.Sizes.ImageSize} px, "
                + $"{target}, {options.Precision}{(resume is null ? "" : $", from {resume} ({run.State.Triples} triples)")}.");
            if (run.TurnsByPhotosOnly)
            {
                Console.WriteLine("No picture tells how a head is held: faces will turn as in other photos, and not to angles that are asked for. Rendered heads tell it: --mix trainer/sample=0.2; "
                    + "so does --from with a pose encoder that knows, as trainer/weights/faces128.safetensors.");
            }
            var begun = run.State.Steps;
            var samples = new SampleGrid(faces);
            using (var display = new ProgressDisplay())
            {
                run.Train(
                    display.Report,
                    (networks, state) => samples.Write(networks, Path.Combine(folder, $"grid-{state.Triples:D8}.png")),
                    stop.Token);
            }
            if (run.State.Steps == begun && run.Finished)
            {
                Console.WriteLine($"Nothing was left to train: the preset asks for {chosen.EncoderPictures} pictures and {chosen.Triples} triples, and {resume ?? "a run of nothing"} has "
                    + $"{run.State.EncoderPictures} and {run.State.Triples}. To go on, give a --preset that asks for more.");
            }
            Console.WriteLine($"Stopped at {(old is null
                ? $"{run.State.Triples} of {chosen.Triples} triples"
                : $"{run.State.EncoderPictures} of {chosen.EncoderPictures} pictures")} after {Verb.Time(run.State.Elapsed)} of training. "
                + $"Checkpoint and grids: {folder}. Next: trainer export --from {folder}"
                // Whose pictures they were is for the card, and what people look like for the prior.
                + (parse.GetResult(data) is { Implicit: false } ? $" --data {parse.GetValue(data)} --data-note 'where these pictures come from'" : ""));
            return 0;
        }));
        return command;
    }

    // Where it is to look is what the pose encoder's side head says.
    private static Recogniser LoadRecogniser(string folder, TrainingFaces faces, TrainingPreset preset, TorchSharp.torch.Device device)
    {
        if (preset.Into is not null || preset.Weights.Recogniser <= 0)
        {
            throw new ArgumentException(preset.Into is not null
                ? "--recogniser teaches a generator, and --into trains an encoder alone: leave one of them out."
                : "--recogniser is given, and the preset's weights.recogniser is 0, so that it would say nothing: leave it out, or give a preset with a weight.");
        }
        if (preset.Supervision != Supervision.IdentityAndPose || !faces.Indices.Any(i => faces.Table.Faces[i].Angles is not null))
        {
            throw new ArgumentException($"--recogniser looks at drawn heads by their angles, which nothing teaches here: it needs a faces.csv with yaw, and --supervision {Supervision.IdentityAndPose.Name()}.");
        }
        return Verb.LoadRecogniser(folder, faces, device);
    }

    // A run that goes on under other rules would be another run under the same name.
    private static void CheckSame(string folder, TrainingPreset before, TrainingPreset now)
    {
        if (before.Into?.Space != now.Into?.Space)
        {
            throw new ArgumentException(before.Into is { } update
                ? $"'{folder}' is an update into '{update.Space}': give --into {update.Space}, or another --name."
                : $"'{folder}' is no update into '{now.Into!.Space}': leave --into out, or give another --name.");
        }
        if (before.Sizes.ImageSize != now.Sizes.ImageSize)
        {
            throw new ArgumentException($"'{folder}' is a run of {before.Sizes.ImageSize} px, and the preset asks for {now.Sizes.ImageSize}: give another --name, and --from {folder} to grow from what it has learnt.");
        }
        if (before.Supervision != now.Supervision)
        {
            throw new ArgumentException($"'{folder}' was begun with --supervision {before.Supervision.Name()}: give that, or another --name (and --from {folder}).");
        }
    }
}
