using System.CommandLine;
using Grpc.Core;
using IpGan.Client;

namespace IpGan.CommandLine;

internal static class EmbedVerb
{
    // Photos in a row for which nobody was there, each after all its tries: then there is no gateway, or no pose encoder, for the others either.
    private const int MaxUnavailable = 3;

    public static Command Create()
    {
        var photos = new Argument<string[]>("PHOTO") { Description = "One or more photos.", Arity = ArgumentArity.OneOrMore };
        var pose = new Option<bool>("--pose") { Description = "How the head is held, instead of who it is." };
        var places = new PhotoOptions();
        return Verb.Create("embed", "Turns photos into identity vectors, or pose vectors.", [photos, pose, .. places.Symbols], async (parse, client, cancel) =>
        {
            var paths = parse.GetValue(photos)!;
            var loaded = LoadAsync(paths, places.Reader(parse, paths));
            var answers = new List<(string Photo, FaceVector Vector, HeadAngles? Angles)>();
            var results = parse.GetValue(pose) ? PosesAsync(client, loaded, cancel) : IdentitiesAsync(client, loaded, cancel);
            try
            {
                await foreach (var (id, vector, angles, error) in results)
                {
                    if (vector is null)
                    {
                        Verb.Tell($"{id}: {error!.Message}");
                    }
                    else
                    {
                        FaceOptions.Tell(id, vector.Face);
                        answers.Add((id, vector, angles));
                    }
                }
            }
            catch (Exception e) when (answers.Count > 0 && e is (IpGanException or OperationCanceledException))
            {
                // What was answered need not be asked again.
                Write(parse, answers);
                throw;
            }
            Write(parse, answers);
            return ExitCode.Of(paths.Length, paths.Length - answers.Count);
        });
    }

    private static void Write(ParseResult parse, List<(string Photo, FaceVector Vector, HeadAngles? Angles)> answers) =>
        Output.Write(parse, answers.Select(a => new { a.Photo, Vector = Output.Of(a.Vector), a.Angles, Face = FaceOptions.Of(a.Vector.Face, a.Vector.Crop) }),
            ["photo", "space", "model", "numbers", "yaw", "pitch", "roll", "square"],
            answers.Select(a => (string[])
            [
                a.Photo, a.Vector.Space, a.Vector.ModelVersion, Verb.Number(a.Vector.Values.Length),
                .. a.Angles is { } angles ? (string[])[Verb.Number(angles.Yaw), Verb.Number(angles.Pitch), Verb.Number(angles.Roll)] : ["", "", ""],
                FaceOptions.Square(a.Vector.Face, a.Vector.Crop),
            ]));

    // Those that can be read, as they are taken: one that cannot is told, and does not end the others.
    private static async IAsyncEnumerable<Photo> LoadAsync(string[] paths, Func<int, Photo> read)
    {
        for (var i = 0; i < paths.Length; i++)
        {
            Photo photo;
            try
            {
                photo = await Task.Run(() => read(i));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Verb.Tell($"{paths[i]}: {e.Message}");
                continue;
            }
            yield return photo;
        }
    }

    private static IAsyncEnumerable<(string, FaceVector?, HeadAngles?, IpGanException?)> IdentitiesAsync(
        IpGanClient client, IAsyncEnumerable<Photo> photos, CancellationToken cancel) =>
        client.EmbedManyAsync(photos, cancel).Select(r => (r.Id, (FaceVector?)r.Value, (HeadAngles?)null, r.Error));

    private static async IAsyncEnumerable<(string, FaceVector?, HeadAngles?, IpGanException?)> PosesAsync(
        IpGanClient client, IAsyncEnumerable<Photo> photos, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var unavailable = 0;
        await foreach (var photo in photos)
        {
            HeadPose? pose = null;
            IpGanException? error = null;
            try
            {
                pose = await client.EmbedPoseAsync(photo, cancel: cancel);
                unavailable = 0;
            }
            catch (IpGanException e) when (e.Status is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied))
            {
                unavailable = e.Status == StatusCode.Unavailable ? unavailable + 1 : 0;
                if (unavailable == MaxUnavailable)
                {
                    throw;
                }
                error = e;
            }
            yield return (photo.Id, pose?.Vector, pose?.Angles, error);
        }
    }
}
