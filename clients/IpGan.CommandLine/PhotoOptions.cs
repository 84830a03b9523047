using System.CommandLine;
using IpGan.Client;

namespace IpGan.CommandLine;

/// <summary>Photos, and which faces in them are meant.</summary>
internal sealed class PhotoOptions
{
    private readonly FaceOptions _faces = new();
    private readonly Option<string[]> _sellion = new("--sellion")
    {
        Description = "X,Y in pixels: the bridge of the nose, between the eyes. Once for each photo, in their order. Without it the face is found.",
        HelpName = "X,Y",
    };
    private readonly Option<string[]> _mouth = new("--mouth") { Description = "X,Y in pixels: the middle of the line between the closed lips.", HelpName = "X,Y" };
    private readonly Option<float[]> _faceYaw = new("--face-yaw") { Description = "Degrees that the face in the photo looks to the right; for profiles.", HelpName = "DEGREES" };

    public IEnumerable<Symbol> Symbols => [.. _faces.Symbols, _sellion, _mouth, _faceYaw];

    /// <summary>Reads the photos.</summary>
    /// <exception cref="ArgumentException">Places are missing, or too many.</exception>
    /// <exception cref="IOException">A photo cannot be read; or <see cref="UnauthorizedAccessException"/>.</exception>
    public IReadOnlyList<Photo> Load(ParseResult parse, IReadOnlyList<string> paths)
    {
        var read = Reader(parse, paths);
        return [.. paths.Select((_, i) => read(i))];
    }

    /// <summary>Reads a photo by its place in <paramref name="paths"/>, when it is wanted.</summary>
    /// <exception cref="ArgumentException">Places are missing, or too many.</exception>
    public Func<int, Photo> Reader(ParseResult parse, IReadOnlyList<string> paths)
    {
        var (sellions, mouths, yaws) = (parse.GetValue(_sellion) ?? [], parse.GetValue(_mouth) ?? [], parse.GetValue(_faceYaw) ?? []);
        if (sellions.Length != mouths.Length || sellions.Length != 0 && sellions.Length != paths.Count)
        {
            throw new ArgumentException(
                $"{paths.Count} photos, {sellions.Length} times --sellion, {mouths.Length} times --mouth; give both once for each photo, or neither if the faces are to be found.");
        }
        if (yaws.Length != 0 && yaws.Length != sellions.Length)
        {
            throw new ArgumentException($"{yaws.Length} times --face-yaw, but {sellions.Length} times --sellion; give it once for each, or not at all.");
        }
        if (sellions.Length > 0 && _faces.AreGiven(parse))
        {
            throw new ArgumentException("--sellion and --mouth say where the face is; --cropped and --face say it, too. Give one of the two.");
        }
        var faces = sellions.Select((sellion, i) =>
            new PhotoFace(FaceOptions.Point("--sellion", sellion), FaceOptions.Point("--mouth", mouths[i]), yaws.ElementAtOrDefault(i))).ToList();
        // What is wrong with them is said before a photo is sent.
        _faces.Apply(parse, new Photo(ReadOnlyMemory<byte>.Empty));
        return i => _faces.Apply(parse, new Photo(File.ReadAllBytes(paths[i])) { Id = paths[i], Face = faces.ElementAtOrDefault(i) });
    }
}
