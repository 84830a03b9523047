using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using IpGan.Training.Evaluation;
using Spectre.Console;

namespace IpGan.Trainer;

internal static class EvaluateVerb
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var from = Verb.From();
        var device = Verb.Device();
        var output = new Option<string?>("--out") { Description = "A JSON file for the report." };
        var command = new Command("evaluate", "Measures a model on the validation people: verification, identity kept and yaw error after rotation, leaks.")
        {
            data, runs, from, device, output,
        };
        command.SetAction(Verb.Action((parse, _) =>
        {
            var (networks, preset, state) = Verb.LoadNetworks(parse.GetValue(from)!, Verb.ResolveDevice(parse.GetValue(device)!));
            using (networks)
            {
                var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                var report = new Evaluator(networks, faces).Run();
                Print(report, state.Triples);
                if (parse.GetValue(output) is { } file)
                {
                    Verb.CreateFolderOf(file);
                    File.WriteAllText(file, JsonSerializer.Serialize(report, Json));
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
        var verification = new Table().Title("verification").AddColumns("pairs", "accuracy", "EER", "TAR at FAR 1 %", "AUC", "threshold", "of each kind");
        void Row(string name, Verification? v)
        {
            if (v is not null)
            {
                verification.AddRow(name, Percent(v.Accuracy), Percent(v.EqualErrorRate), Percent(v.AcceptedAtOnePercent), Percent(v.AreaUnderCurve),
                    v.Threshold.ToString("F3", CultureInfo.InvariantCulture), v.Pairs.ToString(CultureInfo.InvariantCulture));
            }
        }
        Row("frontal-frontal", report.FrontalFrontal);
        Row("frontal-profile", report.FrontalProfile);
        Row("teacher frontal-frontal", report.TeacherFrontalFrontal);
        Row("teacher frontal-profile", report.TeacherFrontalProfile);
        AnsiConsole.Write(verification);
        var rotation = new Table().Title("rotation").AddColumns("target yaw", "identity kept", "real photos", "yaw error", "on real photos", "pictures");
        foreach (var bin in report.Rotation)
        {
            rotation.AddRow($"{bin.From:F0} to {bin.To:F0}", Percent(bin.IdentityKept), bin.IdentityCeiling is { } c ? Percent(c) : "none",
                Degrees(bin.YawError), bin.YawErrorReal is { } e ? Degrees(e) : "none", bin.Pictures.ToString(CultureInfo.InvariantCulture));
        }
        AnsiConsole.Write(rotation);
        Console.WriteLine($"Person guessed from the pose vector: {Percent(report.IdentityFromPose)} (chance {Percent(report.Chance)}). "
            + (report.YawFromIdentity is { } yaw ? $"Yaw's variance read from the identity vector: {Percent(yaw)}." : "The data set has no angles: no rotation, no yaw."));
    }

    private static string Percent(double value) => (value * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";

    private static string Degrees(double value) => value.ToString("F1", CultureInfo.InvariantCulture) + "°";
}
