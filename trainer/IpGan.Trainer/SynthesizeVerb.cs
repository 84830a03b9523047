using System.CommandLine;
using IpGan.Rendering;
using IpGan.Rendering.Assets;
using IpGan.Rendering.Views;
using Spectre.Console;

namespace IpGan.Trainer;

internal static class SynthesizeVerb
{
    public static Command Create()
    {
        var assets = new Option<string>("--assets")
        {
            Description = "MakeHuman's assets: a folder with 3dobjs/, targets/, hair/, skins/, eyes/ …, or a checkout of MakeHuman.",
            DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "makehuman"),
        };
        var faceKit = new Option<string?>("--face-kit") { Description = "A folder with ICT-FaceKit Light (ict_facekit.npz): modes of real heads shape the people, too." };
        var output = new Option<string?>("--out") { Description = "Folder of the data set; empty or not there yet." };
        var sheet = new Option<string?>("--sheet") { Description = "Instead of a data set, draw the first people into this PNG, each turned from -90 to 90 and in some of their views." };
        var people = new Option<int>("--people") { Description = "How many people; every twentieth is for validation.", DefaultValueFactory = _ => 64 };
        var views = new Option<int>("--views") { Description = "Pictures of each.", DefaultValueFactory = _ => 12 };
        var size = new Option<int>("--size") { Description = "Pixels a side.", DefaultValueFactory = _ => 128 };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same people and views on every machine.", DefaultValueFactory = _ => 1 };
        var yaw = new Option<float>("--yaw") { Description = "Largest yaw, degrees, 0 to 95.", DefaultValueFactory = _ => 95 };
        var pitch = new Option<float>("--pitch") { Description = "Largest pitch, degrees, 0 to 35.", DefaultValueFactory = _ => 35 };
        var roll = new Option<float>("--roll") { Description = "Largest roll, degrees, 0 to 25.", DefaultValueFactory = _ => 25 };
        var distribution = new Option<string>("--yaw-distribution")
        {
            Description = "uniform, or normal: as in photos, the frontal ones more often.",
            DefaultValueFactory = _ => "uniform",
        };
        var quality = new Option<int>("--quality") { Description = "Of the JPEGs, 1 to 100.", DefaultValueFactory = _ => 92 };
        var command = new Command("synthesize", "Renders heads of made-up people from MakeHuman's CC0 assets: a data set with exact identity and pose.")
        {
            assets, faceKit, output, sheet, people, views, size, seed, yaw, pitch, roll, distribution, quality,
        };
        command.SetAction(Verb.Action(parse =>
        {
            var options = new SynthesisOptions
            {
                Assets = parse.GetValue(assets)!,
                FaceKit = parse.GetValue(faceKit),
                Output = parse.GetValue(output) ?? "",
                People = parse.GetValue(people),
                Views = parse.GetValue(views),
                Size = parse.GetValue(size),
                Seed = parse.GetValue(seed),
                Quality = parse.GetValue(quality),
                Poses = new PoseRange
                {
                    Yaw = parse.GetValue(yaw),
                    Pitch = parse.GetValue(pitch),
                    Roll = parse.GetValue(roll),
                    YawDistribution = Enum.TryParse<YawDistribution>(parse.GetValue(distribution), ignoreCase: true, out var known) && Enum.IsDefined(known)
                        ? known
                        : throw new ArgumentException($"--yaw-distribution is '{parse.GetValue(distribution)}'; it must be uniform or normal."),
                },
            };
            try
            {
                if (parse.GetValue(sheet) is { } file)
                {
                    Verb.CreateFolderOf(file);
                    File.WriteAllBytes(file, Synthesis.ContactSheet(options));
                    Console.WriteLine($"{file}: {options.People} people.");
                    return 0;
                }
                if (options.Output.Length == 0)
                    throw new ArgumentException("Give --out, the folder of the data set, or --sheet, a PNG to look at.");
                Make(options);
                return 0;
            }
            catch (AssetException e)
            {
                return Verb.Fail(e.Message);
            }
        }));
        return command;
    }

    private static void Make(SynthesisOptions options)
    {
        var target = new NewDataSet(options.Output);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        // On a terminal a bar; elsewhere only the last line.
        var pictures = target.Write(cancel => AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask("rendering", maxValue: (double)options.People * options.Views);
            return Synthesis.Run(options, done => task.Value = Math.Max(task.Value, done), cancel);
        }));
        Console.WriteLine($"{options.Output}: {pictures} pictures of {options.People} people in {watch.Elapsed.TotalSeconds:0.0} s, "
            + $"{pictures / watch.Elapsed.TotalSeconds:0} a second, assets included. Next: trainer train --data {options.Output}");
    }
}
