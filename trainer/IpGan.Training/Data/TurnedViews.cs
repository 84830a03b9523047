using System.Globalization;
using IpGan.Imaging;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using nietras.SeparatedValues;
using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>
/// A data set and, beside its photos, a view of each training person of whom it has frontal photos only, turned by a model: the paper's purpose (Zeno, Kalinovskiy, Matveev,
/// ICANN 2019, abstract), on the encoders themselves. Few people are photographed in profile, and an encoder soon knows those by heart; views have everybody else in profile, too, with what
/// their photos teach of them.
/// </summary>
public static class TurnedViews
{
    // |yaw| in degrees: what counts as seen from the front, and what as turned far.
    private const float Turned = 30;
    private const float TurnedFar = 50;
    // Three of four views are turned far, as photos are the rarest there.
    private const double ShareOfFar = 0.75;
    private const int Batch = 64;
    private const int Quality = 92;
    private const string ViewFolder = "views";

    /// <summary>Writes the data set; its table names the photos where they lie, and says of the views that they are drawn.</summary>
    /// <param name="networks">The model, whose averaged networks draw.</param>
    /// <param name="faces">The photos.</param>
    /// <param name="output">The data set's folder; must not be there, or be empty.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>How many views there are.</returns>
    /// <exception cref="DataSetException">Nobody can be turned, or there is no pose to be turned into; or the output is in use.</exception>
    public static int Write(NetworkSet networks, TrainingFaces faces, string output, CancellationToken cancel)
    {
        var table = faces.Table;
        var csv = Path.Combine(table.Folder, "faces.csv");
        float? Yaw(int i) => table.Faces[i].Angles is { } a ? Math.Abs(a.Yaw) : null;
        var (far, near) = (faces.Indices.Where(i => Yaw(i) >= TurnedFar).ToList(), faces.Indices.Where(i => Yaw(i) is >= Turned and < TurnedFar).ToList());
        var people = faces.Indices.Where(i => Yaw(i) is not null).GroupBy(i => table.Faces[i].Identity).Where(p => p.All(i => Yaw(i) < Turned)).ToList();
        if (!File.Exists(csv) || people.Count == 0 || far.Count + near.Count == 0)
        {
            throw new DataSetException($"'{table.Folder}': views need a faces.csv with angles, people who are seen from the front only (yaw below {Turned}°; there are {people.Count}), "
                + $"and pictures whose poses they are turned into (there are {far.Count + near.Count}).");
        }
        PhotoPreparation.CheckEmpty(output);
        Directory.CreateDirectory(Path.Combine(output, ViewFolder));

        var random = new Random(11);
        var sources = people.ConvertAll(p => p.ElementAt(random.Next(p.Count())));
        var poses = sources.ConvertAll(_ =>
        {
            var pool = near.Count == 0 || (far.Count > 0 && random.NextDouble() < ShareOfFar) ? far : near;
            return pool[random.Next(pool.Count)];
        });
        var vectors = new FaceVectors(networks, faces);
        for (var start = 0; start < sources.Count; start += Batch)
        {
            cancel.ThrowIfCancellationRequested();
            var count = Math.Min(Batch, sources.Count - start);
            vectors.Draw(vectors.Identities(sources.GetRange(start, count)), vectors.Poses(poses.GetRange(start, count)), (_, pictures) => Save(pictures, output, start));
        }
        if (table.Descriptors.Length > 0)
        {
            File.Copy(Path.Combine(table.Folder, "descriptors.f32"), Path.Combine(output, "descriptors.f32"));
        }
        // The table last: a folder without one was not finished.
        WriteTable(csv, output, sources.ConvertAll(i => table.Faces[i].Identity), poses);
        return sources.Count;
    }

    private static string PathOf(int view) => $"{ViewFolder}/{view:D5}.jpg";

    private static void Save(Tensor pictures, string output, int first)
    {
        var size = (int)pictures.shape[2];
        foreach (var (rgb, i) in FaceBatch.Rgb(pictures).Chunk(size * size * 3).Select((rgb, i) => (rgb, i)))
        {
            File.WriteAllBytes(Path.Combine(output, PathOf(first + i)), PictureEncoder.JpegRgb(rgb, size, size, Quality));
        }
    }

    // A view has the row of the photo whose pose it took, but for what is the person's.
    private static void WriteTable(string csv, string output, List<string> people, List<int> poses)
    {
        var target = Path.Combine(output, "faces.csv");
        using (var reader = Sep.Reader(o => o with { Unescape = true }).FromFile(csv))
        using (var writer = Sep.New(',').Writer(o => o with { Escape = true, CultureInfo = CultureInfo.InvariantCulture }).ToFile($"{target}.part"))
        {
            var columns = reader.Header.ColNames.ToList();
            var rows = new List<string[]>();
            foreach (var row in reader)
            {
                var values = new string[columns.Count];
                for (var c = 0; c < values.Length; c++)
                {
                    values[c] = row[c].ToString();
                }
                rows.Add(values);
            }
            void Add(string[] values, Func<string, string?> replaced)
            {
                using var row = writer.NewRow();
                for (var c = 0; c < columns.Count; c++)
                {
                    row[columns[c]].Set(replaced(columns[c]) ?? values[c]);
                }
            }
            foreach (var values in rows)
            {
                var path = Path.GetRelativePath(output, Path.Combine(Path.GetDirectoryName(csv)!, values[columns.IndexOf("path")]));
                Add(values, column => column == "path" ? path : null);
            }
            foreach (var ((person, pose), view) in people.Zip(poses).Select((p, view) => (p, view)))
            {
                Add(rows[pose], column => column switch
                {
                    "path" => PathOf(view),
                    "source" => "turned",
                    "identity" => person,
                    "split" => "train",
                    "view" => "drawn",
                    "descriptor_row" => "-1",
                    _ => null,
                });
            }
        }
        File.Move($"{target}.part", target);
    }
}
