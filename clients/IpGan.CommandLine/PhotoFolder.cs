using System.CommandLine;
using System.Globalization;
using IpGan.Client;
using nietras.SeparatedValues;

namespace IpGan.CommandLine;

/// <summary>A photo in a folder of people.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">Its path in the folder, with slashes.</param>
/// <param name="Person">The first folder of its name; empty when it lies beside the people.</param>
internal sealed record FolderPhoto(string Path, string Name, string Person);

/// <summary>A folder PERSON/PICTURE, and where the faces in its pictures are.</summary>
internal sealed class PhotoFolder
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp"];

    private readonly Func<Photo, Photo> _faces;
    private readonly string? _placesFile;
    private readonly Dictionary<string, PhotoFace> _places;

    /// <exception cref="ArgumentException">There is no such folder, or nothing in it.</exception>
    /// <exception cref="InvalidDataException">The places cannot be read.</exception>
    private PhotoFolder(string folder, string? placesFile, Func<Photo, Photo> faces)
    {
        if (!Directory.Exists(folder))
        {
            throw new ArgumentException($"There is no folder '{folder}'.");
        }
        _faces = faces;
        _placesFile = placesFile;
        _places = placesFile is null ? [] : ReadPlaces(placesFile);
        Photos = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
            .Select(f => (File: f, Name: Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/')))
            .OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(f => new FolderPhoto(f.File, f.Name, f.Name.Contains('/', StringComparison.Ordinal) ? f.Name.Split('/')[0] : ""))];
        if (Photos.Count == 0)
        {
            throw new ArgumentException($"'{folder}' holds no {string.Join(", ", Extensions)}.");
        }
    }

    /// <summary>By name.</summary>
    public IReadOnlyList<FolderPhoto> Photos { get; }

    public static Argument<string> Argument() => new("FOLDER") { Description = "Photos as PERSON/PICTURE." };

    public static Option<string?> Places() => new("--places")
    {
        Description = "A CSV file with columns path (seen from the file's own folder), sellion_x, sellion_y, mouth_x, mouth_y and perhaps yaw: where the faces are. "
            + "Without it the faces are found.",
        HelpName = "FILE",
    };

    /// <param name="folder">The folder.</param>
    /// <param name="places">The file of places, if there is one.</param>
    /// <param name="faces">What is said of the faces in all photos.</param>
    public static PhotoFolder Open(string folder, string? places, Func<Photo, Photo> faces) => new(folder, places, faces);

    /// <summary>Reads a photo.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">Nothing says where its face is.</exception>
    public async Task<Photo> LoadAsync(FolderPhoto photo, CancellationToken cancel)
    {
        if (photo.Name.AsSpan().ContainsAny('\n', '\r'))
        {
            throw new InvalidDataException("its name has a line break.");
        }
        return _faces(new Photo(await File.ReadAllBytesAsync(photo.Path, cancel))
        {
            Id = photo.Name,
            Face = _placesFile is null ? null : _places.GetValueOrDefault(Path.GetFullPath(photo.Path)) ?? throw new InvalidDataException($"{_placesFile} has no line for it."),
        });
    }

    private static Dictionary<string, PhotoFace> ReadPlaces(string file)
    {
        try
        {
            using var reader = Sep.Reader(o => o with { Unescape = true, CultureInfo = CultureInfo.InvariantCulture }).FromFile(file);
            var root = Path.GetDirectoryName(Path.GetFullPath(file))!;
            var withYaw = reader.Header.ColNames.Contains("yaw");
            var places = new Dictionary<string, PhotoFace>();
            foreach (var row in reader)
            {
                places[Path.GetFullPath(Path.Combine(root, row["path"].ToString()))] = new PhotoFace(
                    new PhotoPoint(row["sellion_x"].Parse<float>(), row["sellion_y"].Parse<float>()), new PhotoPoint(row["mouth_x"].Parse<float>(), row["mouth_y"].Parse<float>()),
                    withYaw && row["yaw"].Span.Length > 0 ? row["yaw"].Parse<float>() : 0);
            }
            return places;
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }
}
