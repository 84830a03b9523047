using System.CommandLine;
using IpGan.Client;

namespace IpGan.CommandLine;

internal static class FacesVerb
{
    public static Command Create()
    {
        var path = new Argument<string>("PHOTO") { Description = "Any photo." };
        return Verb.Create("faces", "Lists the faces in a photo, from left to right: what --face chooses among.", [path], async (parse, client, cancel) =>
        {
            var photo = parse.GetValue(path)!;
            var found = await client.FindFacesAsync(new Photo(await File.ReadAllBytesAsync(photo, cancel)), cancel: cancel);
            Output.Write(parse, new { Photo = photo, Faces = found.Faces.Select(f => FaceOptions.Of(f)), found.BestRejected, found.Threshold, found.FinderVersion },
                ["face", "score", "square", "sellion", "mouth", "yaw", "notes"],
                found.Faces.Select(f => (string[])
                [
                    Verb.Number(f.Index), Verb.Number(f.Score), FaceOptions.Square(f), Point(f.Place.Sellion), Point(f.Place.Mouth), Verb.Number(f.Place.Yaw),
                    string.Join(' ', f.Notes.Where(n => n.Kind != V1.FaceNoteKind.SeveralFaces).Select(n => n.Words)),
                ]));
            if (found.Faces.Count > 0)
            {
                return ExitCode.Success;
            }
            return Verb.Fail($"{photo}: no face was found; the best candidate's score is {Verb.Number(found.BestRejected)}, a face's is {Verb.Number(found.Threshold)} or more.", ExitCode.Failed);
        });
    }

    private static string Point(V1.Point point) => $"{Verb.Number(point.X)},{Verb.Number(point.Y)}";
}
