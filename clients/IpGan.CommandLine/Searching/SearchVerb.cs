using System.CommandLine;
using System.Runtime.CompilerServices;
using IpGan.Client;
using IpGan.FaceSearch;

namespace IpGan.CommandLine.Searching;

internal static class SearchVerb
{
    // Faces between two writes: lost and embedded again if the run is killed; what only ends it early loses none.
    private const int Batch = 64;

    public static Command Create() => new("search", "Finds people by their faces.") { Index(), Find(), RemoveVerb.Create(), MigrateVerb.Create() };

    private static Command Index()
    {
        var folder = PhotoFolder.Argument();
        var places = PhotoFolder.Places();
        var options = new FaceOptions();
        var store = StoreOption.Create();
        return Verb.Create("index", "Adds the faces of a folder to a store. Those that are there already are left out, so it goes on where it was stopped. "
            + "A photo is known by its path below FOLDER alone: one of another folder under the same path is taken for it, and left out.",
            [folder, places, .. options.Symbols, store], (parse, client, cancel) => WithWaysOutAsync(client, parse.GetValue(store)!, async () =>
        {
            var photos = options.Open(parse, parse.GetValue(folder)!, parse.GetValue(places));
            await using var faces = await FaceStores.OpenAsync(parse.GetValue(store)!, write: true, cancel);
            var there = await faces.IdsAsync(cancel);
            var wanted = photos.Photos.Where(p => !there.Contains(p.Name)).ToList();
            var lost = await Bar.RunAsync("photos", wanted.Count, done => AddAsync(client, faces, photos, wanted, done, cancel));
            var failed = lost + photos.UnreadableFolders;
            Output.Write(parse, new { Added = wanted.Count - lost, AlreadyThere = photos.Photos.Count - wanted.Count, Failed = failed, faces.Space }, ["added", "already there", "failed", "space"],
            [
                [Verb.Number(wanted.Count - lost), Verb.Number(photos.Photos.Count - wanted.Count), Verb.Number(failed), faces.Space ?? ""],
            ]);
            return ExitCode.Of(photos.Photos.Count + photos.UnreadableFolders, failed);
        }, cancel));
    }

    private static async Task<int> AddAsync(
        IpGanClient client, IFaceStore store, PhotoFolder folder, IReadOnlyList<FolderPhoto> wanted, Action done, CancellationToken cancel)
    {
        var people = wanted.ToDictionary(p => p.Name, p => p.Person);
        var failed = 0;
        var batch = new List<IndexedFace>();
        void Fail(string name, string why)
        {
            Verb.Tell($"{name}: {why}");
            // Photos are read on one thread and answers taken on another.
            Interlocked.Increment(ref failed);
            done();
        }
        try
        {
            await foreach (var result in client.EmbedManyAsync(LoadAsync(folder, wanted, Fail, cancel), cancel))
            {
                if (!result.Succeeded)
                {
                    Fail(result.Id, result.Error.Message);
                    continue;
                }
                FaceOptions.Tell(result.Id, result.Value.Face);
                batch.Add(new IndexedFace(result.Id, people[result.Id], result.Value));
                if (batch.Count == Batch)
                {
                    await store.AddAsync(batch, cancel);
                    batch.Clear();
                }
                done();
            }
        }
        catch (Exception e) when (e is IpGanException or OperationCanceledException)
        {
            // Also a batch whose writing was cancelled: to add a face twice does no harm.
            await store.AddAsync(batch, CancellationToken.None);
            throw;
        }
        await store.AddAsync(batch, CancellationToken.None);
        return failed;
    }

    private static async IAsyncEnumerable<Photo> LoadAsync(
        PhotoFolder folder, IReadOnlyList<FolderPhoto> wanted, Action<string, string> fail, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var photo in wanted)
        {
            Photo loaded;
            try
            {
                loaded = await folder.LoadAsync(photo, cancel);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                fail(photo.Name, e.Message);
                continue;
            }
            yield return loaded;
        }
    }

    private static Command Find()
    {
        var photo = new Argument<string>("PHOTO") { Description = "Of whom." };
        var places = new PhotoOptions();
        var store = StoreOption.Create();
        var top = new Option<int>("--top") { Description = "At most so many.", DefaultValueFactory = _ => 10, HelpName = "COUNT" };
        return Verb.Create("find", "Finds the faces in a store that are most like the one in a photo.", [photo, .. places.Symbols, store, top], (parse, client, cancel) => WithWaysOutAsync(client, parse.GetValue(store)!, async () =>
        {
            if (parse.GetValue(top) < 1)
            {
                throw new ArgumentException($"--top is {parse.GetValue(top)}; it must be 1 or more.");
            }
            await using var faces = await FaceStores.OpenAsync(parse.GetValue(store)!, write: false, cancel);
            var vector = await client.EmbedAsync(places.Load(parse, [parse.GetValue(photo)!])[0], cancel: cancel);
            FaceOptions.Tell(parse.GetValue(photo)!, vector.Face);
            var matches = await faces.FindAsync(vector, parse.GetValue(top), cancel);
            var models = await client.ListModelsAsync(cancel);
            float? Threshold(string kept) => Bridge.Threshold(models, vector.Space, vector.ModelVersion, kept);
            bool? Same(FaceMatch match) => Threshold(match.ModelVersion) is { } t ? match.Score >= t : null;
            Output.Write(parse, new { vector.Space, Face = FaceOptions.Of(vector.Face, vector.Crop), Threshold = Threshold(vector.ModelVersion), Matches = matches.Select(m => new { m.Id, m.Person, m.Score, SamePerson = Same(m), m.ModelVersion }) },
                ["score", "one person", "person", "photo", "model"],
                matches.Select(m => (string[])
                [
                    Verb.Number(m.Score), Same(m) switch { true => "yes", false => "no", null => "unknown" }, m.Person, m.Id, m.ModelVersion,
                ]));
            return ExitCode.Success;
        }, cancel));
    }

    // Its password is nobody's business who reads the log.
    private static string Shown(string store) => store.Contains("://", StringComparison.Ordinal) ? "…" : store;

    /// <summary>A store of another space than the model's is refused; when there is a bridge between the two, that is told, too.</summary>
    private static async Task<int> WithWaysOutAsync(IpGanClient client, string store, Func<Task<int>> run, CancellationToken cancel)
    {
        try
        {
            return await run();
        }
        catch (SpaceMismatchException e)
        {
            return Verb.Fail(Bridge.Find(await client.ListModelsAsync(cancel), e.One) is { } bridge
                ? $"{e.Message} A third way is a bridge: 'ipgan search migrate --store {Shown(store)}' takes the store into '{bridge.Into.Name}' without the photos; then {bridge.Words}."
                : e.Message, ExitCode.Failed);
        }
    }
}
