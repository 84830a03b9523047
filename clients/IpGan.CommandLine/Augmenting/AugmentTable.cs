using System.Buffers;
using System.Globalization;
using System.Text;
using IpGan.V1;
using nietras.SeparatedValues;

namespace IpGan.CommandLine.Augmenting;

/// <summary>A picture that was made, and from what.</summary>
/// <param name="Picture">Its path in the folder, with slashes.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Person">Whom it shows.</param>
/// <param name="Source">The photo's path in its folder.</param>
/// <param name="SourceSha256">The photo's checksum.</param>
/// <param name="Pose">The pose by name.</param>
/// <param name="Angles">Yaw, pitch and roll; empty where they are not known.</param>
/// <param name="Taken">The face that was found in the photo; null where the caller said where it is, or that the photo is cropped.</param>
/// <param name="Models">Versions of identity encoder, pose encoder and generator.</param>
internal sealed record AugmentRow(
    string Picture, long Bytes, string Person, string Source, string SourceSha256, string Pose, (string Yaw, string Pitch, string Roll) Angles, TakenFace? Taken,
    (string Identity, string Pose, string Generator) Models);

/// <summary>
/// The table of the pictures in a folder, and the memory of a run that was killed: a picture is in the table after it is in the folder, whole. What the table does
/// not hold is made again under the same name, and a line that was cut off, or whose picture is gone or has another length, is taken out.
/// </summary>
internal sealed class AugmentTable : IDisposable
{
    private const string FileName = "augmented.csv";
    private const string Header = "picture,bytes,person,source,source_sha256,pose,yaw,pitch,roll,square_left,square_top,square_side,identity_encoder,pose_encoder,generator,face_finder";

    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");

    private readonly HashSet<string> _pictures;
    private readonly FileStream _file;

    private AugmentTable(HashSet<string> pictures, FileStream file) => (_pictures, _file) = (pictures, file);

    /// <summary>Pictures in the table.</summary>
    public int Count => _pictures.Count;

    /// <summary>Opens the table of a folder that the caller has to himself.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static AugmentTable Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var pictures = new HashSet<string>();
        AtomicFile.Write(path, Kept(folder, path, pictures));
        // Without a buffer: a line is out of this process when Add returns.
        return new AugmentTable(pictures, new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0));
    }

    public bool Holds(string picture) => _pictures.Contains(picture);

    /// <summary>Adds pictures that are in the folder.</summary>
    public void Add(IEnumerable<AugmentRow> rows)
    {
        var lines = new StringBuilder();
        foreach (var r in rows)
        {
            string[] cells =
            [
                r.Picture, r.Bytes.ToString(CultureInfo.InvariantCulture), r.Person, r.Source, r.SourceSha256, r.Pose, r.Angles.Yaw, r.Angles.Pitch, r.Angles.Roll,
                // Of a photo that was taken as a whole no square was cut.
                .. r.Taken is { Crop: not CropSource.Assumed, Face.Box: var box } ? (string[])[Verb.Number(box.Left), Verb.Number(box.Top), Verb.Number(box.Side)] : ["", "", ""],
                r.Models.Identity, r.Models.Pose, r.Models.Generator, r.Taken?.Face.FinderVersion ?? "",
            ];
            lines.AppendJoin(',', cells.Select(Quote)).Append('\n');
            _pictures.Add(r.Picture);
        }
        _file.Write(Encoding.UTF8.GetBytes(lines.ToString()));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The head of a table, and its lines whose pictures are there. A table may be larger than the memory: no more than a line is held.</summary>
    private static IEnumerable<string> Kept(string folder, string path, HashSet<string> pictures)
    {
        yield return Header;
        var first = true;
        foreach (var line in WholeLines(path))
        {
            if (first)
            {
                if (line != Header)
                {
                    throw new InvalidDataException($"'{path}' is not the table of this command.");
                }
                first = false;
            }
            else if (line.Length > 0 && Read(line) is var (picture, bytes)
                && new FileInfo(Path.Combine(folder, picture)) is { Exists: true } file && file.Length == bytes && pictures.Add(picture))
            {
                yield return line;
            }
        }
    }

    /// <summary>The lines of a file, if it is there, but for a last one that was cut off: that has no end.</summary>
    private static IEnumerable<string> WholeLines(string path)
    {
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            yield break;
        }
        using var file = File.OpenRead(path);
        file.Seek(-1, SeekOrigin.End);
        var whole = file.ReadByte() == '\n';
        file.Position = 0;
        using var reader = new StreamReader(file);
        for (var line = reader.ReadLine(); line is not null;)
        {
            var next = reader.ReadLine();
            if (next is not null || whole)
            {
                yield return line;
            }
            line = next;
        }
    }

    // Names hold no line breaks (PhotoFolder), so that a line is a row.
    private static (string Picture, long Bytes) Read(string line)
    {
        using var reader = Sep.New(',').Reader(o => o with { HasHeader = false, Unescape = true, CultureInfo = CultureInfo.InvariantCulture }).FromText(line);
        foreach (var row in reader)
        {
            if (row.ColCount > 1 && row[1].TryParse<long>(out var bytes))
            {
                return (row[0].ToString(), bytes);
            }
        }
        throw new InvalidDataException($"The table of pictures has a line that this command did not write: {line}");
    }

    private static string Quote(string cell) => cell.AsSpan().ContainsAny(NeedQuotes) ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
