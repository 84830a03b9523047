using IpGan.Imaging;

namespace IpGan.Training.Finding;

/// <summary>Measures a finder on composed scenes.</summary>
public static class FinderEvaluation
{
    /// <summary>Pixels a side of the canvas that finders are exported for.</summary>
    public const int Side = 640;

    private const double SameSquare = 0.5;
    private const double LeastScore = 0.05;
    // Smaller faces are neither asked for nor held against it.
    private const float SmallestFace = 24;
    private static readonly int[] Sizes = [24, 48, 96, 192, 10_000];
    private static readonly int[] Yaws = [0, 30, 60, 91];

    private readonly record struct Hit(double Score, FacePlace? Truth, FacePlace Found);

    /// <summary>Measures.</summary>
    /// <param name="network">The finder.</param>
    /// <param name="composer">Scenes of people that it was never trained on.</param>
    /// <param name="scenes">How many; the same ones each time.</param>
    public static FinderReport Run(FinderNetwork network, SceneComposer composer, int scenes) =>
        Run(scene => SceneFinder.Find(network, scene.Pixels, Side, LeastScore).Faces, composer, scenes);

    internal static FinderReport Run(Func<FaceScene, IReadOnlyList<FoundFace>> find, SceneComposer composer, int scenes)
    {
        var truths = new List<FacePlace>();
        var hits = new List<Hit>();
        for (var i = 0; i < scenes; i++)
        {
            var scene = composer.Compose(new Random(1_000_003 + i), Side);
            truths.AddRange(scene.Faces.Where(Counts));
            hits.AddRange(Match(scene, find(scene)));
        }
        if (truths.Count == 0)
        {
            throw new ArgumentException($"{scenes} scenes hold no face: measure on more.");
        }
        hits.Sort((a, b) => b.Score.CompareTo(a.Score));
        var (threshold, right, found) = BestThreshold(hits, truths.Count);
        var kept = hits.Where(h => h.Score >= threshold && h.Truth is not null).ToList();
        return new FinderReport(
            scenes, threshold, (double)right / truths.Count, (double)right / Math.Max(1, found), kept.Count == 0 ? 0 : kept.Average(PointError),
            [.. Sizes.Zip(Sizes.Skip(1), (from, to) => SizeBin(from, to, truths, kept))], [.. Yaws.Zip(Yaws.Skip(1), (from, to) => YawBin(from, to, kept))]);
    }

    private static bool Counts(FacePlace face) => CropRule.Square(face).Side >= SmallestFace;

    // The most certain first; each face once. What lies on a face that does not count does not count either.
    private static List<Hit> Match(FaceScene scene, IReadOnlyList<FoundFace> found)
    {
        var left = scene.Faces.ToList();
        var hits = new List<Hit>();
        foreach (var face in found.OrderByDescending(f => f.Score))
        {
            var best = left.Count == 0 ? default : left.MaxBy(t => CropRule.Square(t).Overlap(face.Square));
            if (left.Count > 0 && CropRule.Square(best).Overlap(face.Square) >= SameSquare)
            {
                left.Remove(best);
                if (Counts(best))
                {
                    hits.Add(new Hit(face.Score, best, face.Place));
                }
            }
            else
            {
                hits.Add(new Hit(face.Score, null, face.Place));
            }
        }
        return hits;
    }

    private static (double Threshold, int Right, int Found) BestThreshold(List<Hit> hits, int faces)
    {
        (double Threshold, int Right, int Found) best = (0.5, 0, 0);
        var (right, most) = (0, -1.0);
        for (var i = 0; i < hits.Count; i++)
        {
            right += hits[i].Truth is null ? 0 : 1;
            var harmonic = 2.0 * right / (i + 1 + faces);
            if (harmonic > most && (i + 1 == hits.Count || hits[i + 1].Score < hits[i].Score))
            {
                (most, best) = (harmonic, (i + 1 == hits.Count ? hits[i].Score : (hits[i].Score + hits[i + 1].Score) / 2, right, i + 1));
            }
        }
        return best;
    }

    private static FinderSizeBin SizeBin(int from, int to, List<FacePlace> truths, List<Hit> kept)
    {
        bool Within(FacePlace face) => CropRule.Square(face).Side is var side && side >= from && side < to;
        var count = truths.Count(Within);
        return new FinderSizeBin(from, to, count, count == 0 ? 0 : (double)kept.Count(h => Within(h.Truth!.Value)) / count);
    }

    private static FinderYawBin YawBin(int from, int to, List<Hit> kept)
    {
        var bin = kept.FindAll(h => Math.Abs(h.Truth!.Value.Yaw) is var yaw && yaw >= from && yaw < to);
        return new FinderYawBin(
            from, to, bin.Count, bin.Count == 0 ? 0 : bin.Average(PointError), bin.Count == 0 ? 0 : bin.Average(h => Math.Abs(h.Found.Yaw - h.Truth!.Value.Yaw)));
    }

    private static double PointError(Hit hit)
    {
        var truth = hit.Truth!.Value;
        return (Distance(hit.Found.Sellion, truth.Sellion) + Distance(hit.Found.Mouth, truth.Mouth)) / 2 / Distance(truth.Sellion, truth.Mouth);
    }

    private static double Distance(PicturePoint a, PicturePoint b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2));
}
