using System.CommandLine;
using IpGan.Training.Data;

namespace IpGan.Trainer;

internal static class BlendsVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var recogniser = Verb.Recogniser($"Describes the blends: {Verb.AnyRecogniser}, whichever made the data set's descriptors.", required: true);
        var near = new Option<int>("--near") { Description = "Blends of faces that are seen from the front.", DefaultValueFactory = _ => 32_000 };
        var turned = new Option<int>("--turned") { Description = "Blends of faces that are turned.", DefaultValueFactory = _ => 24_000 };
        var size = new Option<int>("--size") { Description = "Pixels a side.", DefaultValueFactory = _ => 128 };
        var device = Verb.Device();
        var precision = Verb.Precision();
        var output = new Option<string>("--out") { Description = "Folder of the new data set; empty or not there yet.", Required = true };
        var command = new Command("blends", "Adds to a data set blends of two faces in like pose, with what a recogniser sees in them: to train the encoders further.")
        {
            data, runs, recogniser, near, turned, size, device, precision, output,
        };
        command.SetAction(Verb.Action(parse =>
        {
            int Count(Option<int> option, int least, int most) => parse.GetValue(option) is var count && count >= least && count <= most
                ? count
                : throw new ArgumentException($"{option.Name} is {parse.GetValue(option)}; it must be {least} to {most}.");
            var (fromFront, fromSide) = (Count(near, 0, 1_000_000), Count(turned, 0, 1_000_000));
            var on = Verb.ResolveDevice(parse.GetValue(device)!);
            var type = Verb.ResolvePrecision(parse.GetValue(precision)!, on);
            var target = new NewDataSet(parse.GetValue(output)!);
            var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, Count(size, 32, 256));
            using var teacher = Verb.LoadRecogniser(parse.GetValue(recogniser)!, faces, on);
            var count = target.Write(cancel => BlendedFaces.Write(faces, teacher, fromFront, fromSide, type, target.Folder, cancel));
            Console.WriteLine($"{target.Folder}: {faces.Table.Faces.Count} pictures where they lie, and {count} blends. Next: trainer train --data {target.Folder} --from a run --preset FILE, with more encoderPictures than it has seen");
            return 0;
        }));
        return command;
    }
}
