using System.CommandLine;
using IpGan.Training.Data;
using IpGan.Training.Recognisers;
using TorchSharp;

namespace IpGan.Trainer;

internal static class RecogniserVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var weights = Verb.Recogniser("What is written", required: true);
        var output = new Option<string>("--out") { Description = "The ONNX file to write.", Required = true };
        var command = new Command("recogniser", "Writes the published recogniser whose descriptors teach the identity encoder as ONNX: it judges rotations better than the encoder (evaluate --judge).")
        {
            data, weights, output,
        };
        command.SetAction(Verb.Action((parse, _) =>
        {
            var file = parse.GetValue(output)!;
            using var recogniser = Verb.LoadRecogniser(parse.GetValue(weights)!, FaceTable.Open(parse.GetValue(data)!), torch.CPU) as FaceApiRecogniser
                ?? throw new ArgumentException("Only face-api's recogniser is written as ONNX: give the folder `model` of the npm package @vladmandic/face-api.");
            var model = recogniser.ToOnnx();
            Verb.CreateFolderOf(file);
            File.WriteAllBytes(file, model);
            Console.WriteLine($"{file}: {model.Length / 1048576.0:F1} MiB. Next: trainer evaluate --judge {file}");
            return 0;
        }));
        return command;
    }
}
