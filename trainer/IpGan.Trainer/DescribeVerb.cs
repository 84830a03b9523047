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
        var add = new Option<double?>("--add")
        {
            Description = "Adds what it sees to the descriptors that the data set has, blends among them, at this weight beside 1, instead of replacing them: two teachers that err differently.",
        };
        var device = Verb.Device();
        var precision = Verb.Precision();
        var output = new Option<string>("--out") { Description = "Folder of the new data set; empty or not there yet.", Required = true };
        var command = new Command("describe", "Writes a data set's photos, where they lie, with what another recogniser sees in them: a teacher of identity encoders.")
        {
            data, runs, recogniser, add, device, precision, output,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var weight = parse.GetValue(add) is not { } given || (given > 0 && given <= 10) ? parse.GetValue(add) : throw new ArgumentException(FormattableString.Invariant($"--add is {given}; it must be above 0 and at most 10."));
            var on = Verb.ResolveDevice(parse.GetValue(device)!);
            var type = Verb.ResolvePrecision(parse.GetValue(precision)!, on);
            var target = new NewDataSet(parse.GetValue(output)!);
            var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, 128);
            using var teacher = Verb.OpenRecogniser(parse.GetValue(recogniser)!, on);
            if (weight is { } share)
            {
                var both = target.Write(cancel => DescribedFaces.Add(faces, teacher, share, type, target.Folder, cancel));
                Console.WriteLine($"{target.Folder}: {both} pictures described by both. Next: trainer train --data {target.Folder} --from a run --preset FILE, with more encoderPictures than it has seen");
                return 0;
            }
            var described = target.Write(cancel => DescribedFaces.Write(faces, teacher, type, target.Folder, cancel));
            Console.WriteLine($"{target.Folder}: {described} photos described. Next: trainer blends --data {target.Folder} --recogniser {parse.GetValue(recogniser)}");
            return 0;
        }));
        return command;
    }
}
