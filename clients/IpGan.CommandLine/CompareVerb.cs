using System.CommandLine;
using IpGan.Client;

namespace IpGan.CommandLine;

internal static class CompareVerb
{
    public static Command Create()
    {
        var one = new Argument<string>("ONE") { Description = "A photo." };
        var other = new Argument<string>("OTHER") { Description = "Another one." };
        var places = new PhotoOptions();
        return Verb.Create("compare", "Says how alike the people in two photos are, and whether they are one.", [one, other, .. places.Symbols], async (parse, client, cancel) =>
        {
            var photos = places.Load(parse, [parse.GetValue(one)!, parse.GetValue(other)!]);
            var c = await client.CompareAsync(Person.In(photos[0]), Person.In(photos[1]), cancel: cancel);
            FaceOptions.Tell(c.Faces);
            Output.Write(parse, new { c.Score, c.Threshold, c.SamePerson, c.Space, c.ModelVersion, Faces = FaceOptions.Of(c.Faces) }, ["score", "threshold", "one person", "space", "model"],
            [
                [Verb.Number(c.Score), c.Threshold is { } t ? Verb.Number(t) : "unknown", c.SamePerson switch { true => "yes", false => "no", null => "unknown" }, c.Space, c.ModelVersion],
            ]);
            return ExitCode.Success;
        });
    }
}
