using System.CommandLine;
using IpGan.Training.Recognisers;
using TorchSharp;

namespace IpGan.Trainer;

internal static class RecogniserVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var weights = Verb.Recogniser($"What is written: {Verb.FaceApi}.", required: true);
        var output = new Option<string>("--out") { Description = "The ONNX file to write.", Required = true };
        var command = new Command("recogniser", "Writes the published recogniser whose descriptors teach the identity encoder as ONNX: it judges rotations better than the encoder (evaluate --judge).")
        {
            data, runs, weights, output,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var file = parse.GetValue(output)!;
            using var recogniser = new FaceApiRecogniser(parse.GetValue(weights)!, torch.CPU);
            var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, FaceApiRecogniser.Side);
            DescriptorsCheck.Run(faces, recogniser, torch.CPU);
            var table = faces.Table;
            var model = recogniser.ToOnnx(table.MeanDescriptor([.. table.Faces.Where(f => f is { Validation: false, Drawn: false, DescriptorRow: >= 0 })]));
            Verb.CreateFolderOf(file);
            File.WriteAllBytes(file, model);
            Console.WriteLine($"{file}: {model.Length / 1048576.0:F1} MiB. Next: trainer evaluate --judge {file}");
            return 0;
        }));
        return command;
    }
}
