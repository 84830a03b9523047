using System.CommandLine;
using System.Globalization;
using IpGan.Client;
using IpGan.V1;

namespace IpGan.CommandLine;

/// <summary>Which face of a photo is meant, where nobody has marked one.</summary>
internal sealed class FaceOptions
{
    private const string Largest = "largest";

    private readonly Option<bool> _cropped = new("--cropped") { Description = "The pictures are squares of the crop rule already: no face is looked for." };
    private readonly Option<string?> _face = new("--face")
    {
        Description = "Of several faces in a photo: largest (the default), one by its number (from the left, from 0; see `ipgan faces`), or the one at X,Y in pixels.",
        HelpName = "largest|NUMBER|X,Y",
    };

    public IEnumerable<Symbol> Symbols => [_cropped, _face];

    /// <summary>True if anything is said.</summary>
    public bool AreGiven(ParseResult parse) => parse.GetValue(_cropped) || parse.GetValue(_face) is not null;

    /// <summary>What is said, in a word; null: nothing, and so the largest.</summary>
    public string? Setting(ParseResult parse) => parse.GetValue(_cropped) ? "cropped" : parse.GetValue(_face) is { } face and not Largest ? face : null;

    /// <summary>The photo with what is said of its face.</summary>
    /// <exception cref="ArgumentException">It is no face, or a contradiction.</exception>
    public Photo Apply(ParseResult parse, Photo photo)
    {
        var face = parse.GetValue(_face);
        if (parse.GetValue(_cropped))
        {
            return face is null ? photo with { Cropped = true } : throw new ArgumentException("--cropped says that there is one face, --face which of several; give one of the two.");
        }
        return face is null or Largest ? photo
            : int.TryParse(face, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? photo with { FaceIndex = index }
            : face.Contains(',', StringComparison.Ordinal) ? photo with { FaceAt = Point("--face", face) }
            : throw new ArgumentException($"--face is '{face}'; it must be {Largest}, a number from 0 on, or a point such as 469,388.");
    }

    /// <summary>A folder of photos, all of whose faces are chosen alike.</summary>
    /// <exception cref="ArgumentException">A contradiction.</exception>
    public PhotoFolder Open(ParseResult parse, string folder, string? places)
    {
        if (places is not null && AreGiven(parse))
        {
            throw new ArgumentException("--places says where the faces are; --cropped and --face say it, too. Give one of the two.");
        }
        // What is wrong with them is said before a photo is sent.
        Apply(parse, new Photo(ReadOnlyMemory<byte>.Empty));
        return PhotoFolder.Open(folder, places, photo => Apply(parse, photo));
    }

    /// <summary>Which face was taken, when there is something to say of it: one line beside the results.</summary>
    public static void Tell(string photo, FoundFace? face)
    {
        if (face is { Notes.Count: > 0 })
        {
            Verb.Tell($"{photo}: {string.Join(' ', face.Notes.Select(n => n.Words))}");
        }
    }

    /// <summary>The same of all photos of a request.</summary>
    public static void Tell(IEnumerable<TakenFace> faces)
    {
        foreach (var taken in faces)
        {
            Tell(taken.Part, taken.Face);
        }
    }

    /// <summary>A face for programs: the box is what was cut, and so not there when the picture was taken as a whole.</summary>
    public static object? Of(FoundFace? face, CropSource? crop = null) => face is null ? null : new
    {
        face.Index,
        Of = face.Count,
        face.Score,
        Crop = crop?.ToString(),
        Box = crop == CropSource.Assumed ? null : new { face.Box.Left, face.Box.Top, face.Box.Side },
        Sellion = new { face.Place.Sellion.X, face.Place.Sellion.Y },
        Mouth = new { face.Place.Mouth.X, face.Place.Mouth.Y },
        face.Place.Yaw,
        face.FinderVersion,
        Notes = face.Notes.Select(n => new { Kind = n.Kind.ToString(), n.Words }),
    };

    /// <summary>The same of all photos of a request.</summary>
    public static IEnumerable<object> Of(IEnumerable<TakenFace> faces) => faces.Select(t => new { t.Part, Face = Of(t.Face, t.Crop) });

    /// <summary>The square that was cut as people read it: left,top,side; nothing when the picture was taken as a whole.</summary>
    public static string Square(FoundFace? face, CropSource? crop = null) => face is null || crop == CropSource.Assumed ? "" : $"{Verb.Number(face.Box.Left)},{Verb.Number(face.Box.Top)},{Verb.Number(face.Box.Side)}";

    /// <exception cref="ArgumentException">It is no point.</exception>
    public static PhotoPoint Point(string option, string text)
    {
        var parts = text.Split(',');
        return parts.Length == 2 && float.TryParse(parts[0], CultureInfo.InvariantCulture, out var x) && float.TryParse(parts[1], CultureInfo.InvariantCulture, out var y)
            ? new PhotoPoint(x, y)
            : throw new ArgumentException($"{option} is '{text}'; it must be two numbers with a comma between them, such as 469,388.");
    }
}
