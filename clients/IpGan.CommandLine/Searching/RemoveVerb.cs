using System.CommandLine;

namespace IpGan.CommandLine.Searching;

internal static class RemoveVerb
{
    public static Command Create()
    {
        var store = StoreOption.Create();
        var people = Names("--person", "All faces of this person, who is the photos' folder. May be repeated.", "PERSON");
        var photos = Names("--photo", "This one face, by its photo as it was indexed: PERSON/FILE. May be repeated.", "PHOTO");
        return Verb.Create("remove", "Removes people or single photos from a store, for good.", [store, people, photos], async (parse, _, cancel) =>
        {
            var (who, which) = (parse.GetValue(people)!.ToHashSet(), parse.GetValue(photos)!.ToHashSet());
            if (who.Count + which.Count == 0)
            {
                throw new ArgumentException("Say whom to remove: --person or --photo.");
            }
            await using var faces = await StoreOption.OpenToChangeAsync(parse.GetValue(store)!, cancel);
            var removed = await faces.RemoveAsync(who, which, cancel);
            var missing = who.Except(removed.Select(f => f.Person)).Concat(which.Except(removed.Select(f => f.Id))).ToList();
            missing.ForEach(name => Verb.Tell($"{name}: not in the store"));
            Output.Write(parse, new { Removed = removed, Missing = missing }, ["removed", "person"], removed.Select(f => (string[])[f.Id, f.Person]));
            return ExitCode.Of(who.Count + which.Count, missing.Count);
        });
    }

    private static Option<string[]> Names(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => [] };
}
