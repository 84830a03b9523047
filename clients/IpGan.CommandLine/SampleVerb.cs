using System.CommandLine;
using System.Globalization;
using IpGan.Client;

namespace IpGan.CommandLine;

internal static class SampleVerb
{
    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "How many, 1 to 1000.", DefaultValueFactory = _ => 1 };
        var seed = new Option<ulong>("--seed") { Description = "The same seed, count and generator give the same people.", DefaultValueFactory = _ => 1UL };
        var poses = new PoseOptions("0");
        var pictures = new PictureOptions();
        var folder = RotateVerb.Out();
        return Verb.Create("sample", "Draws new people, who do not exist: FOLDER/new-SEED-NUMBER/POSE.", [count, seed, .. poses.Symbols, .. pictures.Symbols, folder], async (parse, client, cancel) =>
        {
            var wanted = poses.Read(parse);
            var people = await client.SampleAsync(parse.GetValue(count), parse.GetValue(seed), cancel: cancel);
            var names = people.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"new-{parse.GetValue(seed)}-{i + 1}")).ToList();
            var requests = people.Select((p, i) => pictures.Request(parse, Person.With(p), wanted.Select(w => w.Pose)) with { Id = names[i] });
            var saved = new List<(string Person, IdentityVector Identity, IReadOnlyList<string> Pictures)>();
            // In their order; a path is made of nothing that came from elsewhere.
            var ordered = new Queue<string>(names);
            await foreach (var result in client.RotateManyAsync(requests.ToAsyncEnumerable(), cancel))
            {
                var name = ordered.Dequeue();
                if (!result.Succeeded)
                {
                    Verb.Tell($"{name}: {result.Error.Message}");
                    continue;
                }
                saved.Add((name, result.Value.Identity, [.. result.Value.Pictures.Zip(wanted, (picture, pose) =>
                {
                    var path = Path.Combine(parse.GetValue(folder)!, name, $"{pose.Name}.{pictures.Read(parse).Extension}");
                    AtomicFile.Write(path, picture.Content.Span);
                    return path;
                })]));
            }
            Output.Write(parse, saved.Select(s => new { s.Person, Identity = Output.Of(s.Identity), s.Pictures }), ["person", "picture"],
                saved.SelectMany(s => s.Pictures.Select(p => (string[])[s.Person, p])));
            return ExitCode.Of(people.Count, people.Count - saved.Count);
        });
    }
}
