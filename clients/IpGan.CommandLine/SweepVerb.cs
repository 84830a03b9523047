using System.CommandLine;
using System.Globalization;
using IpGan.Client;

namespace IpGan.CommandLine;

internal static class SweepVerb
{
    public static Command Create()
    {
        var photos = new Argument<string[]>("PHOTO") { Description = "A photo of the person, or several: together they say better who it is.", Arity = ArgumentArity.OneOrMore };
        var from = new Option<float>("--from") { Description = "The first yaw in degrees, negative to the left.", DefaultValueFactory = _ => -60, HelpName = "DEGREES" };
        var to = new Option<float>("--to") { Description = "The last.", DefaultValueFactory = _ => 60, HelpName = "DEGREES" };
        var steps = new Option<int>("--steps") { Description = "Pictures, 2 to 64.", DefaultValueFactory = _ => 13, HelpName = "COUNT" };
        var pitch = new Option<float>("--pitch") { Description = "Degrees upwards.", HelpName = "DEGREES" };
        var roll = new Option<float>("--roll") { Description = "Degrees counter-clockwise.", HelpName = "DEGREES" };
        var places = new PhotoOptions();
        var pictures = new PictureOptions();
        var folder = RotateVerb.Out();
        return Verb.Create("sweep", "Turns the head in a photo from one side to the other, in equal steps.",
            [photos, from, to, steps, pitch, roll, .. places.Symbols, .. pictures.Symbols, folder], async (parse, client, cancel) =>
        {
            var loaded = places.Load(parse, parse.GetValue(photos)!);
            var sweep = Pose.Sweep(parse.GetValue(from), parse.GetValue(to), parse.GetValue(steps), parse.GetValue(pitch), parse.GetValue(roll));
            var rotation = await client.RotateAsync(pictures.Request(parse, RotateVerb.Whom(loaded), [sweep]), cancel: cancel);
            // Numbered first, so that they sort as the head turns.
            var names = rotation.Pictures.Select((p, i) => string.Create(CultureInfo.InvariantCulture, $"{i + 1:00}_{PoseOptions.Name(p.Angles!.Value)}"));
            RotateVerb.Save(parse, rotation, loaded[0].Id, [.. names], parse.GetValue(folder)!, pictures.Read(parse).Extension);
            return ExitCode.Success;
        });
    }
}
