using System.CommandLine;
using IpGan.Client;

namespace IpGan.CommandLine;

internal static class RotateVerb
{
    public static Command Create()
    {
        var photos = new Argument<string[]>("PHOTO") { Description = "A photo of the person, or several: together they say better who it is.", Arity = ArgumentArity.OneOrMore };
        var places = new PhotoOptions();
        var poses = new PoseOptions("-40,0,40");
        var pictures = new PictureOptions();
        var folder = Out();
        return Verb.Create("rotate", "Draws the person in a photo in other poses.", [photos, .. places.Symbols, .. poses.Symbols, .. pictures.Symbols, folder], async (parse, client, cancel) =>
        {
            var loaded = places.Load(parse, parse.GetValue(photos)!);
            var wanted = poses.Read(parse);
            var rotation = await client.RotateAsync(pictures.Request(parse, Whom(loaded), wanted.Select(p => p.Pose)), cancel: cancel);
            Save(parse, rotation, loaded[0].Id, [.. wanted.Select(p => p.Name)], parse.GetValue(folder)!, pictures.Read(parse).Extension);
            return ExitCode.Success;
        });
    }

    public static Option<string> Out() => new("--out") { Description = "The folder for the pictures.", DefaultValueFactory = _ => ".", HelpName = "FOLDER" };

    public static Person Whom(IReadOnlyList<Photo> photos) => photos.Count == 1 ? Person.In(photos[0]) : Person.In(photos);

    /// <summary>Writes the pictures and tells where they are.</summary>
    /// <param name="parse">How results are told.</param>
    /// <param name="rotation">The answer.</param>
    /// <param name="photo">The files are called after it.</param>
    /// <param name="names">And after the poses, one for each picture.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="extension">Of the pictures' format.</param>
    public static void Save(ParseResult parse, Rotation rotation, string photo, IReadOnlyList<string> names, string folder, string extension)
    {
        var saved = rotation.Pictures.Zip(names, (picture, name) =>
        {
            var path = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(photo)}_{name}.{extension}");
            AtomicFile.Write(path, picture.Content.Span);
            return (Path: path, Picture: picture);
        }).ToList();
        FaceOptions.Tell(rotation.Faces);
        Output.Write(parse,
            new
            {
                Pictures = saved.Select(s => new { Picture = s.Path, s.Picture.Size, s.Picture.Angles, Pose = Output.Of(s.Picture.Pose) }),
                Identity = Output.Of(rotation.Identity),
                Models = new { rotation.Models.IdentityEncoder, rotation.Models.PoseEncoder, rotation.Models.Generator },
                Faces = FaceOptions.Of(rotation.Faces),
            },
            ["picture", "pixels", "yaw", "pitch", "roll"],
            saved.Select(s => (string[])
            [
                s.Path, Verb.Number(s.Picture.Size), .. s.Picture.Angles is { } a ? (string[])[Verb.Number(a.Yaw), Verb.Number(a.Pitch), Verb.Number(a.Roll)] : ["", "", ""],
            ]));
    }
}
