using System.CommandLine;
using Grpc.Core;
using IpGan.Client;

namespace IpGan.CommandLine;

internal static class EmbedVerb
{
    public static Command Create()
    {
        var photos = new Argument<string[]>("PHOTO") { Description = "One or more photos.", Arity = ArgumentArity.OneOrMore };
        var pose = new Option<bool>("--pose") { Description = "How the head is held, instead of who it is." };
        var places = new PhotoOptions();
        return Verb.Create("embed", "Turns photos into identity vectors, or pose vectors.", [photos, pose, .. places.Symbols], async (parse, client, cancel) =>
        {
            var loaded = places.Load(parse, parse.GetValue(photos)!);
            var answers = new List<(string Photo, FaceVector Vector, HeadAngles? Angles)>();
            var results = parse.GetValue(pose) ? PosesAsync(client, loaded, cancel) : IdentitiesAsync(client, loaded, cancel);
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
            Output.Write(parse, answers.Select(a => new { a.Photo, Vector = Output.Of(a.Vector), a.Angles, Face = FaceOptions.Of(a.Vector.Face, a.Vector.Crop) }),
                ["photo", "space", "model", "numbers", "yaw", "pitch", "roll", "square"],
                answers.Select(a => (string[])
                [
                    a.Photo, a.Vector.Space, a.Vector.ModelVersion, Verb.Number(a.Vector.Values.Length),
                    .. a.Angles is { } angles ? (string[])[Verb.Number(angles.Yaw), Verb.Number(angles.Pitch), Verb.Number(angles.Roll)] : ["", "", ""],
                    FaceOptions.Square(a.Vector.Face, a.Vector.Crop),
                ]));
            return ExitCode.Of(loaded.Count, loaded.Count - answers.Count);
        });
    }

    private static IAsyncEnumerable<(string, FaceVector?, HeadAngles?, IpGanException?)> IdentitiesAsync(
        IpGanClient client, IReadOnlyList<Photo> photos, CancellationToken cancel) =>
        client.EmbedManyAsync(photos.ToAsyncEnumerable(), cancel).Select(r => (r.Id, (FaceVector?)r.Value, (HeadAngles?)null, r.Error));

    private static async IAsyncEnumerable<(string, FaceVector?, HeadAngles?, IpGanException?)> PosesAsync(
        IpGanClient client, IReadOnlyList<Photo> photos, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var photo in photos)
        {
            HeadPose? pose = null;
            IpGanException? error = null;
            try
            {
                pose = await client.EmbedPoseAsync(photo, cancel: cancel);
            }
            catch (IpGanException e) when (e.Status is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied))
            {
                error = e;
            }
            yield return (photo.Id, pose?.Vector, pose?.Angles, error);
        }
    }
}
