using IpGan.Training.Evaluation;
using IpGan.Training.Networks;

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
        float? Yaw(int i) => table.Faces[i].Angles is { } a ? Math.Abs(a.Yaw) : null;
        var (far, near) = (faces.Indices.Where(i => Yaw(i) >= TurnedFar).ToList(), faces.Indices.Where(i => Yaw(i) is >= Turned and < TurnedFar).ToList());
        var people = faces.Indices.Where(i => Yaw(i) is not null).GroupBy(i => table.Faces[i].Identity).Where(p => p.All(i => Yaw(i) < Turned)).ToList();
        if (!MadePictures.CanExtend(table) || people.Count == 0 || far.Count + near.Count == 0)
        {
            throw new DataSetException($"'{table.Folder}': views need a faces.csv with angles, people who are seen from the front only (yaw below {Turned}°; there are {people.Count}), "
                + $"and pictures whose poses they are turned into (there are {far.Count + near.Count}).");
        }
        using var made = new MadePictures(table, output, "views");

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
            vectors.Draw(vectors.Identities(sources.GetRange(start, count)), vectors.Poses(poses.GetRange(start, count)), (_, pictures) => made.Add(
                pictures, i => new MadePicture(poses[start + i], "turned", Identity: table.Faces[sources[start + i]].Identity)));
        }
        made.WriteTable();
        return sources.Count;
    }
}
