using System.CommandLine;
using System.Globalization;
using IpGan.Training.Evaluation;
using IpGan.Training.Evaluation.Report;
using IpGan.Training.Export;
using Spectre.Console;

namespace IpGan.Trainer;

internal static class EvaluateVerb
{
    private const int Recognisers = 3;

    public static Command Create()
    {
        var data = Verb.Data();
        var heads = Verb.Heads();
        var runs = Verb.Runs();
        var from = Verb.From();
        var device = Verb.Device();
        var output = new Option<string?>("--out") { Description = "A folder for report.json, report.html and pictures. The pictures show validation people: keep them to yourself." };
        var previous = new Option<string?>("--previous") { Description = "A baseline: a model repository, a run's folder or a weights file." };
        var judge = Verb.Judge();
        var augmentation = new Option<bool>("--augmentation")
        {
            Description = "Also train small recognisers on frontal photos, with and without views that the model has turned, and compare them on unseen people: minutes to an hour.",
        };
        var pictures = new Option<int>("--augmentation-pictures") { Description = "Pictures that each of these six recognisers is trained on.", DefaultValueFactory = _ => 40_000 };
        var precision = Verb.Precision();
        var command = new Command("evaluate", "Measures a model on the validation people: verification, identity kept and yaw error after rotation, leaks.")
        {
            data, heads, runs, from, device, output, previous, judge, augmentation, pictures, precision,
        };
        command.SetAction(Verb.Action(parse =>
        {
            if (parse.GetValue(pictures) is < 1 or > 100_000_000)
            {
                throw new ArgumentException($"--augmentation-pictures is {parse.GetValue(pictures)}; it must be 1 to 100000000.");
            }
            var type = Verb.ResolvePrecision(parse.GetValue(precision)!, TorchSharp.torch.CPU);
            var (networks, preset, state) = Verb.LoadNetworks(parse.GetValue(from)!, Verb.ResolveDevice(parse.GetValue(device)!));
            using (networks)
            {
                var folder = parse.GetValue(output);
                if (folder is not null)
                {
                    Verb.CreateFolder(folder);
                }
                var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                Verb.CheckPeople(parse, data, parse.GetValue(from)!, state.People, faces);
                var rendered = Verb.LoadHeads(parse.GetValue(heads)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                Verb.Ready(networks, preset, faces);
                using var earlier = parse.GetValue(previous) is { } place ? FaceModel.Open(place, (old, itsPreset) => Verb.Ready(
                    old, itsPreset, itsPreset.Sizes.ImageSize == preset.Sizes.ImageSize ? faces : Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, itsPreset.Sizes.ImageSize))) : null;
                using var judges = new Judges(parse.GetValue(judge)!, networks, faces);
                var evaluator = new Evaluator(networks, faces, rendered) { Previous = earlier, Judges = judges.All };
                using var model = FaceModel.Of(networks);
                var experiment = parse.GetValue(augmentation) ? new AugmentationExperiment(model, faces) : null;
                var report = evaluator.Run();
                Print(report, state.Triples);
                if (experiment is not null)
                {
                    report = report with { Augmentation = experiment.Run(parse.GetValue(pictures), Recognisers, type, PrintRecogniser) };
                    Print(report.Augmentation);
                }
                if (folder is not null)
                {
                    var vectors = new FaceVectors(networks, faces);
                    var grids = new EvaluationGrids(model, faces, evaluator.Anchors, PriorFit.Fit(vectors, faces)).Write(folder);
                    ReportFolder.Write(folder, $"{preset.Name} after {state.Triples} triples", report, grids);
                    Console.WriteLine($"Report: {Path.Combine(folder, "report.html")}");
                }
            }
            return 0;
        }));
        return command;
    }

    private static void Print(EvaluationReport report, long triples)
    {
        if (Console.IsOutputRedirected)
        {
            // Nothing to fit into: a row is a line.
            AnsiConsole.Profile.Width = 200;
        }
        Console.WriteLine($"{report.People} people never trained on; model after {triples} triples.");
        foreach (var (person, name) in report.LeftOut)
        {
            Console.WriteLine($"Left out: {person}, who is trained on as {name}.");
        }
        var verification = new Table().Title("verification").AddColumns("pairs", "accuracy", "at best", "EER", "TAR at FAR 1 %", "AUC", "threshold", "of one person", "of two");
        void Row(string name, Verification? v)
        {
            if (v is not null)
            {
                verification.AddRow(name, v.HeldOutAccuracy is { } a ? Percent(a) : "too few", Percent(v.Accuracy), Percent(v.EqualErrorRate), Percent(v.AcceptedAtOnePercent), Percent(v.AreaUnderCurve),
                    v.Threshold.ToString("F3", CultureInfo.InvariantCulture), v.Pairs.ToString(CultureInfo.InvariantCulture), v.DifferentPairs.ToString(CultureInfo.InvariantCulture));
            }
        }
        Row("frontal-frontal", report.FrontalFrontal);
        Row("frontal-profile", report.FrontalProfile);
        Row("teacher frontal-frontal", report.TeacherFrontalFrontal);
        Row("teacher frontal-profile", report.TeacherFrontalProfile);
        foreach (var other in report.Others.Concat(report.Disturbed))
        {
            Row($"{other.Name} frontal-frontal", other.FrontalFrontal);
            Row($"{other.Name} frontal-profile", other.FrontalProfile);
        }
        AnsiConsole.Write(verification);
        foreach (var byJudge in report.Comparisons.GroupBy(c => c.Judge))
        {
            var reports = byJudge.ToList();
            var rotation = new Table().Title($"rotation, judged by {byJudge.Key}").AddColumns(
                ["target yaw", .. reports.Select(r => $"kept: {r.Model}"), "kept: real photos", .. reports.Select(r => $"others: {r.Model}"), "others: real photos", .. reports.Select(r => $"yaw error: {r.Model}"), "real photos", "pictures", "reference photos"]);
            foreach (var (bin, i) in reports[0].Bins.Select((bin, i) => (bin, i)))
            {
                rotation.AddRow(
                [
                    $"{bin.From:F0} to {bin.To:F0}", .. reports.Select(r => Percent(r.Bins[i].IdentityKept)), bin.IdentityCeiling is { } c ? Percent(c) : "none",
                    .. reports.Select(r => Percent(r.Bins[i].TakenForOthers)), bin.TakenForOthersReal is { } o ? Percent(o) : "none",
                    .. reports.Select(r => Degrees(r.Bins[i].YawError)), Degrees(bin.YawErrorReal), bin.Pictures.ToString(CultureInfo.InvariantCulture),
                    bin.References.ToString(CultureInfo.InvariantCulture),
                ]);
            }
            AnsiConsole.Write(rotation);
        }
        if (report.Heads.Count > 0)
        {
            var heads = new Table().Title("rendered heads, exact angles").AddColumns("yaw, both sides", "yaw error", "pitch error", "roll error", "yaw by table", "pictures");
            foreach (var bin in report.Heads)
            {
                heads.AddRow($"{bin.From:F0} to {Math.Min(bin.To, 95):F0}", Degrees(bin.YawError), Degrees(bin.PitchError), Degrees(bin.RollError), Degrees(bin.TableYawError),
                    bin.Pictures.ToString(CultureInfo.InvariantCulture));
            }
            AnsiConsole.Write(heads);
        }
        if (report.AskedYaw.Count > 0)
        {
            var asked = new Table().Title("poses asked for by their angles, pitch and roll 0").AddColumns("yaw", "seen", "off by", "people");
            foreach (var bin in report.AskedYaw)
            {
                asked.AddRow(Degrees(bin.Yaw), Degrees(bin.Seen), Degrees(bin.Error), bin.Pictures.ToString(CultureInfo.InvariantCulture));
            }
            AnsiConsole.Write(asked);
        }
        if (report.Realism is { } r)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"Fréchet distance to photos (features of the identity encoder, {r.Pictures} pictures): other photos {r.OtherPhotos:F2}, rotated {r.Rotated:F2}, ")
                + FormattableString.Invariant($"generated people {r.Generated:F2}{(r.RenderedHeads is { } h ? FormattableString.Invariant($", rendered heads {h:F2}") : "")}. ")
                + FormattableString.Invariant($"Mean cosine of two people: photos {r.CosineOfPhotos:F3}, generated {r.CosineOfGenerated:F3}."));
        }
        Console.WriteLine($"Person guessed from the pose vector: {Percent(report.IdentityFromPose)} (chance {Percent(report.Chance)}"
            + (report.IdentityFromAngles is { } habit ? $"; from the photos' own angles {Percent(habit)}). " : "). ")
            + (report.TurnFromIdentity is { } yaw ? $"Variance of |yaw| read from the identity vector: {Percent(yaw)}." : "The data set has no angles: no rotation, no yaw."));
    }

    private static void PrintRecogniser(TrainedRecogniser r) => Console.WriteLine(
        $"Recogniser {(r.Views ? "with views" : "without views")}, seed {r.Seed}: EER frontal-profile {Percent(r.FrontalProfile.EqualErrorRate)}, frontal-frontal {Percent(r.FrontalFrontal.EqualErrorRate)}");

    private static void Print(AugmentationReport report)
    {
        string Mean(bool views, Func<TrainedRecogniser, Verification> pairs) =>
            Percent(report.Recognisers.Where(r => r.Views == views).Average(r => pairs(r).EqualErrorRate));
        Console.WriteLine(
            $"Trained on {report.Photos} frontal photos of {report.People} people, {report.Pictures} pictures each; with {report.Views} turned views the mean EER goes "
            + $"from {Mean(false, r => r.FrontalProfile)} to {Mean(true, r => r.FrontalProfile)} (frontal-profile), "
            + $"from {Mean(false, r => r.FrontalFrontal)} to {Mean(true, r => r.FrontalFrontal)} (frontal-frontal).");
    }

    private static string Percent(double value) => (value * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";

    private static string Degrees(double value) => value.ToString("F1", CultureInfo.InvariantCulture) + "°";
}
