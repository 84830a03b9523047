using System.Globalization;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Onnx;
using nietras.SeparatedValues;
using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>What became of a folder of photos.</summary>
/// <param name="Photos">Photos in it.</param>
/// <param name="Faces">Squares in the data set: one of each photo with a face.</param>
/// <param name="People">Folders that gave at least one.</param>
public sealed record PreparedPhotos(int Photos, int Faces, int People);

/// <summary>
/// A folder PERSON/PHOTO of whole photos becomes a data set: faces.csv and images/, cut by the crop rule at the place where the face finder sees the largest
/// face, by the code that the services use.
/// </summary>
public static class PhotoPreparation
{
    /// <summary>Pixels a side of the squares, in which the table counts.</summary>
    public const int Side = 160;

    private const int Quality = 95;

    // Names of views, as in the data set CFP.
    private const float FrontalUpTo = 15;
    private const float ProfileFrom = 30;

    /// <summary>Prepares.</summary>
    /// <param name="folder">PERSON/PHOTO.</param>
    /// <param name="package">The face finder.</param>
    /// <param name="output">The data set's folder; must not be there, or be empty.</param>
    /// <param name="told">Is told of each photo that gives nothing, or something with a blemish.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="DataSetException">There is nothing to prepare, or the output is in use.</exception>
    public static PreparedPhotos Run(string folder, ModelPackage package, string output, Action<string> told, CancellationToken cancel)
    {
        var photos = FaceTable.PicturesByPerson(folder);
        if (photos.Count == 0)
        {
            throw new DataSetException($"'{folder}' has no photos as PERSON/PHOTO.jpg (or .png, .webp).");
        }
        CheckEmpty(output);
        using var model = OnnxModel.Open(package.ModelPath);
        var finder = CreateFinder(package.Manifest, model);
        Directory.CreateDirectory(output);
        var rows = new List<Row>();
        foreach (var (identity, file) in photos)
        {
            cancel.ThrowIfCancellationRequested();
            var name = $"{identity}/{Path.GetFileName(file)}";
            if (Read(file, told, name) is not { } content)
            {
                continue;
            }
            try
            {
                var row = Cut(content, Path.GetFileName(file), identity, finder, output, rows.Count);
                rows.Add(row);
                if (row.Notes.Count > 0)
                {
                    told($"{name}: {string.Join(' ', row.Notes.Select(n => n.Words))}");
                }
            }
            catch (Exception e) when (e is PictureException or NoFaceException)
            {
                told($"{name}: {e.Message}");
            }
        }
        if (rows.Count == 0)
        {
            throw new DataSetException($"None of the {photos.Count} photos in '{folder}' gave a face.");
        }
        Write(Path.Combine(output, "faces.csv"), rows);
        return new PreparedPhotos(photos.Count, rows.Count, rows.Select(r => r.Identity).Distinct().Count());
    }

    /// <summary>A data set's folder must not be there, or be empty.</summary>
    /// <exception cref="DataSetException">It has something in it.</exception>
    public static void CheckEmpty(string output)
    {
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new FolderNotEmptyException($"'{output}' is not empty; a data set is written into a folder of its own.");
        }
    }

    private static FaceFinder CreateFinder(Manifest manifest, OnnxModel model)
    {
        var side = manifest.ImageSize;
        return new FaceFinder(side, manifest.Outputs[0].Shape[1], manifest.Finder!.Threshold, (canvas, candidates) =>
        {
            using var image = tensor(canvas.ToArray(), [1, 3, side, side]);
            model.Run(new Dictionary<string, Tensor> { [manifest.Inputs[0].Name] = image })[0].Values.CopyTo(candidates.Span);
        });
    }

    // What cannot be written ends it; one photo that cannot be read does not.
    private static byte[]? Read(string file, Action<string> told, string name)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            told($"{name}: {e.Message}");
            return null;
        }
    }

    private static Row Cut(byte[] content, string photo, string identity, FaceFinder finder, string output, int number)
    {
        var planes = new float[3 * Side * Side];
        var taken = PhotoSquare.Read(content, finder, new FaceChoice(), Side, planes);
        var rgb = new byte[planes.Length];
        PlanarRgb.ToBytes(planes, rgb);
        // Numbered, so that no two pictures have one name, whatever the photos are called.
        var path = $"images/{number / 1000:000}/{number:000000}.jpg";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(output, path))!);
        File.WriteAllBytes(Path.Combine(output, path), PictureEncoder.JpegRgb(rgb, Side, Side, Quality));
        return new Row(path, photo, identity, taken.Photo, taken.AlreadyCut ? taken.Photo.WholeSquare() : taken.Face.Square, taken.Face, taken.Notes);
    }

    private static void Write(string file, IReadOnlyList<Row> rows)
    {
        var temporary = file + ".part";
        using (var writer = Sep.New(',').Writer(o => o with { CultureInfo = CultureInfo.InvariantCulture, Escape = true }).ToFile(temporary))
        {
            foreach (var row in rows)
            {
                Write(writer, row);
            }
        }
        File.Move(temporary, file, overwrite: true);
    }

    private static void Write(SepWriter writer, Row face)
    {
        var square = face.Square;
        float Across(float x) => (x - square.Left) / square.Side * Side;
        float Down(float y) => (y - square.Top) / square.Side * Side;
        using var row = writer.NewRow();
        row["path"].Set(face.Path);
        row["source"].Set(face.Photo);
        row["identity"].Set(face.Identity);
        row["split"].Set(FaceTable.IsHeldOut(face.Identity) ? "validation" : "train");
        row["view"].Set(Math.Abs(face.Found.Place.Yaw) switch { <= FrontalUpTo => "frontal", >= ProfileFrom => "profile", _ => "any" });
        // Three angles or none: the finder knows nothing of pitch.
        row["yaw"].Set("");
        row["pitch"].Set("");
        row["roll"].Set("");
        Set(row, "sellion_x", Across(face.Found.Place.Sellion.X));
        Set(row, "sellion_y", Down(face.Found.Place.Sellion.Y));
        Set(row, "mouth_x", Across(face.Found.Place.Mouth.X));
        Set(row, "mouth_y", Down(face.Found.Place.Mouth.Y));
        Set(row, "valid_left", Math.Max(0, Across(0)));
        Set(row, "valid_top", Math.Max(0, Down(0)));
        Set(row, "valid_right", Math.Min(Side, Across(face.Info.Width)));
        Set(row, "valid_bottom", Math.Min(Side, Down(face.Info.Height)));
        Set(row, "source_side", square.Side);
        row["descriptor_row"].Set("-1");
        Set(row, "found_yaw", face.Found.Place.Yaw);
        Set(row, "found_score", face.Found.Score);
        row["notes"].Set(string.Join(' ', face.Notes.Select(n => n.Kind)));
    }

    private static void Set(in SepWriter.Row row, string column, double value) => row[column].Set(value.ToString("0.##", CultureInfo.InvariantCulture));

    private sealed record Row(
        string Path, string Photo, string Identity, PictureInfo Info, CropSquare Square, FoundFace Found, IReadOnlyList<FaceNote> Notes);
}
