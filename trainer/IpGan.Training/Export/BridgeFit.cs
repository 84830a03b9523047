using IpGan.Imaging;
using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>A bridge into the space of new networks.</summary>
/// <param name="From">The older space.</param>
/// <param name="Map">The way.</param>
/// <param name="Measured">What is lost on it, on the validation people.</param>
public sealed record FittedBridge(VectorSpace From, IdentityBridge Map, BridgeFigures Measured)
{
    /// <summary>Those of an identity encoder's package.</summary>
    public static IReadOnlyList<FittedBridge> Of(ModelPackage encoder) =>
        [.. encoder.ReadBridges().Join(encoder.Manifest.Bridges ?? [], b => b.Key, e => e.From.Name, (b, e) => new FittedBridge(e.From, b.Value, e.Measured))];
}

/// <summary>
/// Fits a bridge: ridge regression of the new encoder's vectors on the old one's, over training photos. The ridge is the one that does best on a fifth of the
/// training people, kept out of the fit for that. A rotation (orthogonal Procrustes) is one of the maps that it can find.
/// </summary>
public static class BridgeFit
{
    private const int Most = 12_000;
    private const int EveryNthPerson = 5;
    private static readonly double[] Ridges = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];

    /// <summary>Fits to some thousand training photos.</summary>
    /// <param name="old">An older identity encoder.</param>
    /// <param name="renewed">The new one.</param>
    /// <param name="faces">Photos of training people and of validation people.</param>
    /// <exception cref="ArgumentException">The package is no identity encoder, or its pictures are cut by another rule.</exception>
    /// <exception cref="DataSetException">There are too few people.</exception>
    public static FittedBridge Fit(ModelPackage old, FaceModel renewed, TrainingFaces faces)
    {
        if (old.Role != ModelRole.IdentityEncoder || old.Manifest.CropRule != CropRule.Id)
        {
            throw new ArgumentException($"'{old.Folder}' is a {old.Role.Name()} for pictures cut by '{old.Manifest.CropRule}'; a bridge begins at an identity encoder for '{CropRule.Id}'.");
        }
        using var before = FaceJudge.Open(old.ModelPath);
        using var after = FaceJudge.Of(renewed, "new");
        var random = new Random(5);
        var photos = faces.Indices.OrderBy(_ => random.Next()).Take(Most).ToList();
        var map = Fit(faces, photos, PhotoVectors.Of(faces, photos, before.Vectors), PhotoVectors.Of(faces, photos, after.Vectors));
        var people = Evaluator.People(faces);
        var held = people.SelectMany(p => p).ToList();
        var figures = Measure(faces, people, PhotoVectors.Of(faces, held, before.Vectors), PhotoVectors.Of(faces, held, after.Vectors), map);
        return new FittedBridge(old.Manifest.IdentitySpace!, map, figures);
    }

    private static IdentityBridge Fit(TrainingFaces faces, List<int> photos, Dictionary<int, float[]> before, Dictionary<int, float[]> after)
    {
        var people = photos.Select(i => faces.Table.Faces[i].Identity).Distinct().Order(StringComparer.Ordinal).Where((_, n) => n % EveryNthPerson == 0).ToHashSet();
        var kept = photos.ToLookup(i => people.Contains(faces.Table.Faces[i].Identity));
        var (fitted, tried) = (kept[false].ToList(), kept[true].ToList());
        if (fitted.Count == 0)
        {
            throw new DataSetException($"A bridge needs photos of at least two training people; '{faces.Table.Folder}' has those of {people.Count}.");
        }
        double Agreement(IdentityBridge map) => tried.Average(i => FaceJudge.Score(map.Cross(before[i]), after[i]));
        var ridge = Ridges.MaxBy(r => Agreement(Solve(fitted, before, after, r)));
        return Solve(photos, before, after, ridge);
    }

    private static IdentityBridge Solve(List<int> photos, Dictionary<int, float[]> before, Dictionary<int, float[]> after, double ridge)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var x = PhotoVectors.Rows(photos.Select(i => (float[])[.. before[i], 1])).to(ScalarType.Float64);
        var y = PhotoVectors.Rows(photos.Select(i => after[i])).to(ScalarType.Float64);
        var (from, to) = ((int)x.shape[1] - 1, (int)y.shape[1]);
        // The constant is not held back.
        var penalty = eye(from + 1, dtype: ScalarType.Float64) * (ridge * photos.Count);
        penalty[from, from] = 0;
        var map = linalg.solve(x.t().matmul(x) + penalty, x.t().matmul(y));
        return new IdentityBridge(from, to, map.t().to(ScalarType.Float32).contiguous().data<float>().ToArray());
    }

    private static BridgeFigures Measure(
        TrainingFaces faces, List<IGrouping<string, int>> people, Dictionary<int, float[]> before, Dictionary<int, float[]> after, IdentityBridge map)
    {
        var table = faces.Table.Faces;
        var crossed = before.ToDictionary(v => v.Key, v => map.Cross(v.Value));
        var (same, different) = Evaluator.Pairs(people, i => table[i].Frontal, i => table[i].Frontal);
        Verification Pairs(Dictionary<int, float[]> kept, Dictionary<int, float[]> asked)
        {
            ScoredPair Scored((int First, int Second) p, bool isSame) =>
                new(FaceJudge.Score(kept[p.First], asked[p.Second]), isSame, table[p.First].Identity, table[p.Second].Identity);
            return Verification.Measure([.. same.Select(p => Scored(p, true)), .. different.Select(p => Scored(p, false))]);
        }
        var gallery = people.ConvertAll(p => p.First(i => table[i].Frontal));
        var queries = people.SelectMany(p => p.Where(i => table[i].Frontal)).Except(gallery).ToList();
        double Found(Dictionary<int, float[]> kept, Dictionary<int, float[]> asked) => queries.Average(
            q => table[gallery.MaxBy(g => FaceJudge.Score(kept[g], asked[q]))].Identity == table[q].Identity ? 1.0 : 0);
        static double Accuracy(Verification v) => v.HeldOutAccuracy ?? v.Accuracy;
        var over = Pairs(crossed, after);
        return new BridgeFigures(
            over.Threshold, Accuracy(over), Accuracy(Pairs(before, before)), Accuracy(Pairs(after, after)), Found(crossed, after), Found(before, before),
            Found(after, after), FormattableString.Invariant(
                $"{same.Count} frontal–frontal pairs of one person, {different.Count} of two, and {queries.Count} searches among {gallery.Count} frontal photos, {people.Count} people never trained on"));
    }
}
