using System.CommandLine;
using IpGan.Training.Data;

namespace IpGan.Trainer;

internal static class ViewsVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var from = Verb.From();
        var device = Verb.Device();
        var output = new Option<string>("--out") { Description = "Folder of the new data set; empty or not there yet.", Required = true };
        var command = new Command("views", "Adds to a data set a view, turned by a model, of each training person who is seen from the front only: to train the encoders further.")
        {
            data, runs, from, device, output,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var target = new NewDataSet(parse.GetValue(output)!);
            var (networks, preset, _) = Verb.LoadNetworks(parse.GetValue(from)!, Verb.ResolveDevice(parse.GetValue(device)!));
            using (networks)
            {
                var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                Verb.Ready(networks, preset, faces);
                var count = target.Write(cancel => TurnedViews.Write(networks, faces, target.Folder, cancel));
                Console.WriteLine($"{target.Folder}: {faces.Table.Faces.Count} photos where they lie, and {count} views. Next: trainer train --data {target.Folder} --from {parse.GetValue(from)} --preset FILE, with more encoderPictures than it has seen");
            }
            return 0;
        }));
        return command;
    }
}
