using System.CommandLine;
using IpGan.Training.Data;

namespace IpGan.Trainer;

internal static class DescribeVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var recogniser = Verb.Recogniser($"Describes the photos: {Verb.AnyRecogniser}.", required: true);
        var device = Verb.Device();
        var precision = Verb.Precision();
        var output = new Option<string>("--out") { Description = "Folder of the new data set; empty or not there yet.", Required = true };
        var command = new Command("describe", "Writes a data set's photos, where they lie, with what another recogniser sees in them: a teacher of identity encoders.")
        {
            data, runs, recogniser, device, precision, output,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var on = Verb.ResolveDevice(parse.GetValue(device)!);
            var type = Verb.ResolvePrecision(parse.GetValue(precision)!, on);
            var target = new NewDataSet(parse.GetValue(output)!);
            var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, 128);
            using var teacher = Verb.OpenRecogniser(parse.GetValue(recogniser)!, on);
            var described = target.Write(cancel => DescribedFaces.Write(faces, teacher, type, target.Folder, cancel));
            Console.WriteLine($"{target.Folder}: {described} photos described. Next: trainer blends --data {target.Folder} --recogniser {parse.GetValue(recogniser)}");
            return 0;
        }));
        return command;
    }
}
