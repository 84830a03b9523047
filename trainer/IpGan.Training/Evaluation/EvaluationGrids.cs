using IpGan.Imaging;
using IpGan.Models;
using IpGan.Training.Data;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>A grid of pictures: a PNG file, and what it shows.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Caption">What it shows.</param>
public sealed record EvaluationGrid(string File, string Caption);

/// <summary>
/// Pictures to look at beside the numbers: people over yaw, many people at one pose, the way from one person to another, people who do not exist. Those of
/// validation people show real persons: look at them, pass them on to nobody.
/// </summary>
public sealed class EvaluationGrids(FaceModel model, TrainingFaces faces, PoseAnchors anchors, IdentityPrior prior)
{
    private const int People = 8;
    private const int Steps = 9;
    private static readonly float[] Yaws = [-90, -75, -60, -45, -30, -15, 0, 15, 30, 45, 60, 75, 90];

    /// <summary>Writes them into a folder.</summary>
    public IReadOnlyList<EvaluationGrid> Write(string folder)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var table = faces.Table.Faces;
        var random = new Random(12);
        var sources = Enumerable.Range(0, table.Count).Where(i => table[i].Validation && table[i].Frontal).GroupBy(i => table[i].Identity)
            .OrderBy(_ => random.Next()).Select(g => g.First()).Take(6 * People).ToList();
        using var batch = FaceBatch.Create(faces, sources.ConvertAll(i => new FaceDraw(i, false)), CPU);
        var identities = model.Identity(batch.Pictures);
        var yaws = Yaws.Where(y => y >= anchors.Reach.YawMin && y <= anchors.Reach.YawMax).ToList();
        var posed = PhotoVectors.Rows(yaws.Select(y => anchors.Interpolate(y, 0, 0)));
        var frontal = PhotoVectors.Rows([anchors.Interpolate(0, 0, 0)]);
        var side = yaws.Contains(45) ? PhotoVectors.Rows([anchors.Interpolate(45, 0, 0)]) : frontal;

        return
        [
            Save("yaw.png", $"Eight people, the photo first, then from {yaws[0]:F0}° to {yaws[^1]:F0}° of yaw.", yaws.Count + 1, [.. Enumerable.Range(0, Math.Min(People, sources.Count))
                .Select(r => cat([batch.Pictures[r].unsqueeze(0), Draw(Repeat(identities[r], yaws.Count), posed)], 0))]),
            Save("people.png", $"Many people at one pose, {(yaws.Contains(45) ? "45° of yaw" : "the mean one")}: photo and picture in turn.", 2 * 4, [.. Enumerable.Range(0, sources.Count / 4)
                .Select(r => Interleave(batch.Pictures[(4 * r)..(4 * r + 4)], Draw(identities[(4 * r)..(4 * r + 4)], side.expand(4, -1))))]),
            Save("interpolation.png", "The way from one person to another, along the sphere of identities.", Steps, [.. Enumerable.Range(0, Math.Min(People, sources.Count / 2))
                .Select(r => Draw(Between(identities[2 * r], identities[2 * r + 1]), frontal.expand(Steps, -1)))]),
            Save("generated.png", "People who do not exist, one a row, over yaw.", yaws.Count, [.. prior.Sample(People, seed: 12)
                .Select(person => Draw(Repeat(tensor(person), yaws.Count), posed))]),
        ];

        EvaluationGrid Save(string file, string caption, int columns, IReadOnlyList<Tensor> rows)
        {
            var grid = new PictureGrid(columns, Math.Max(rows.Count, 1), faces.Packed.Size);
            for (var r = 0; r < rows.Count; r++)
            {
                for (var c = 0; c < columns; c++)
                {
                    grid.Set(c, r, rows[r][c].contiguous().cpu().data<float>().ToArray());
                }
            }
            File.WriteAllBytes(Path.Combine(folder, file), grid.ToPng());
            return new EvaluationGrid(file, caption);
        }
    }

    private Tensor Draw(Tensor identities, Tensor poses) => model.Draw(identities, poses, faces.Packed.Size).cpu();

    private static Tensor Repeat(Tensor vector, int count) => vector.unsqueeze(0).expand(count, -1);

    private static Tensor Interleave(Tensor a, Tensor b) => stack([a, b], 1).flatten(0, 1);

    // Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985: equal steps along the great circle.
    private static Tensor Between(Tensor a, Tensor b)
    {
        var angle = Math.Acos(Math.Clamp(a.dot(b).item<float>(), -0.9999, 0.9999));
        return stack(Enumerable.Range(0, Steps).Select(k => (double)k / (Steps - 1))
            .Select(t => (a * Math.Sin((1 - t) * angle) + b * Math.Sin(t * angle)) / Math.Sin(angle)).ToArray(), 0);
    }
}
