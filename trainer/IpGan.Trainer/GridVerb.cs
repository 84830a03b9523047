using System.CommandLine;
using IpGan.Training.Evaluation;

namespace IpGan.Trainer;

internal static class GridVerb
{
    public static Command Create()
    {
        var data = Verb.Data();
        var runs = Verb.Runs();
        var from = Verb.From();
        var device = Verb.Device();
        var output = new Option<string>("--out") { Description = "The PNG to write.", DefaultValueFactory = _ => "grid.png" };
        var people = new Option<int>("--people") { Description = "Rows: validation people, 1 to 50.", DefaultValueFactory = _ => 8 };
        var seed = new Option<int>("--seed") { Description = "Chooses other people.", DefaultValueFactory = _ => 0 };
        var command = new Command("grid", "Draws validation people in the poses of reference photos, and new people, into one PNG.")
        {
            data, runs, from, device, output, people, seed,
        };
        command.SetAction(Verb.Action(parse =>
        {
            if (parse.GetValue(people) is < 1 or > 50)
            {
                throw new ArgumentException($"--people is {parse.GetValue(people)}; it must be 1 to 50.");
            }
            var (networks, preset, state) = Verb.LoadNetworks(parse.GetValue(from)!, Verb.ResolveDevice(parse.GetValue(device)!));
            using (networks)
            {
                var faces = Verb.LoadFaces(parse.GetValue(data)!, parse.GetValue(runs)!, preset.Sizes.ImageSize);
                Verb.Ready(networks, preset, faces);
                Verb.CreateFolderOf(parse.GetValue(output)!);
                new SampleGrid(faces, parse.GetValue(people), parse.GetValue(seed)).Write(networks, parse.GetValue(output)!);
                Console.WriteLine($"{parse.GetValue(output)}: after {state.Triples} triples.");
            }
            return 0;
        }));
        return command;
    }
}
