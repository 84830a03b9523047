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

    // By default hidden ones are skipped: what was thrown away (.Trash-1000), or lies beside a file (._1.png), is nobody's photo.
    private static readonly EnumerationOptions Shown = new() { IgnoreInaccessible = false };

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
        Photos = [.. Files(folder, "")
            .Where(f => Extensions.Contains(Path.GetExtension(f.Path), StringComparer.OrdinalIgnoreCase))
            // Names that are no UTF-8 may read alike. None of them opens a file, which is told when it is tried.
            .DistinctBy(f => f.Name)
            .OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(f => new FolderPhoto(f.Path, f.Name, f.Name.Contains('/', StringComparison.Ordinal) ? f.Name.Split('/')[0] : ""))];
        if (Photos.Count == 0)
        {
            throw new ArgumentException($"'{folder}' holds no {string.Join(", ", Extensions)}.");
        }
    }

    /// <summary>By name.</summary>
    public IReadOnlyList<FolderPhoto> Photos { get; }

    /// <summary>Folders in it whose photos nobody knows.</summary>
    public int UnreadableFolders { get; private set; }

    public static Argument<string> Argument() => new("FOLDER")
    {
        Description = "Photos as PERSON/PICTURE. What is hidden is left out, and so are folders in it that are links.",
    };

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

    /// <summary>All files in a folder and in those below it.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="name">Its path in the folder that was named, with slashes; empty for that one.</param>
    private IEnumerable<(string Path, string Name)> Files(string folder, string name)
    {
        foreach (var entry in Entries(folder, name))
        {
            var (path, below) = (Path.Combine(folder, entry.Name), name.Length == 0 ? entry.Name : $"{name}/{entry.Name}");
            if (entry is FileInfo)
            {
                yield return (path, below);
            }
            else if (entry.LinkTarget is not null)
            {
                // It may lead round in a circle, or to people who are in the folder already.
                Verb.Tell($"{below}: a link to a folder; it is not entered.");
            }
            else
            {
                foreach (var file in Files(path, below))
                {
                    yield return file;
                }
            }
        }
    }

    /// <summary>What a folder holds: nothing, if it cannot be read and is not the one that was named.</summary>
    private FileSystemInfo[] Entries(string folder, string name)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos("*", Shown);
        }
        catch (Exception e) when (name.Length > 0 && e is (IOException or UnauthorizedAccessException))
        {
            UnreadableFolders++;
            Verb.Tell($"{name}: {e.Message}");
            return [];
        }
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
