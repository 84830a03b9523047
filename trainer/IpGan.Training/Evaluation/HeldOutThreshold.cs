namespace IpGan.Training.Evaluation;

/// <summary>A pair of photos with its score.</summary>
/// <param name="Score">Higher means "same".</param>
/// <param name="Same">Whether they show one person.</param>
/// <param name="First">Who is in the first.</param>
/// <param name="Second">Who is in the second.</param>
public readonly record struct ScoredPair(double Score, bool Same, string First, string Second);

/// <summary>
/// Accuracy as in the protocols of LFW and CFP: people are dealt into ten folds; a pair is decided with the threshold that is best on pairs of people
/// of other folds (Sengupta et al., "Frontal to Profile Face Verification in the Wild", WACV 2016, section 4).
/// </summary>
public static class HeldOutThreshold
{
    private const int Folds = 10;

    /// <summary>Share of right decisions over all folds, both kinds counting alike; null with too few people for each fold to leave pairs of both kinds.</summary>
    public static double? Accuracy(IReadOnlyList<ScoredPair> pairs)
    {
        var people = pairs.SelectMany(p => new[] { p.First, p.Second }).Distinct().Order(StringComparer.Ordinal).ToList();
        var random = new Random(11);
        var fold = people.OrderBy(_ => random.Next()).Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i % Folds);
        var right = new Dictionary<bool, int> { [true] = 0, [false] = 0 };
        // Two people may be of two folds: then neither fold has a say.
        var byFolds = pairs.ToLookup(p => (Math.Min(fold[p.First], fold[p.Second]), Math.Max(fold[p.First], fold[p.Second])));
        foreach (var asked in byFolds)
        {
            var (one, other) = asked.Key;
            bool Apart((int One, int Other) folds) => folds.One != one && folds.One != other && folds.Other != one && folds.Other != other;
            var seen = byFolds.Where(f => Apart(f.Key)).SelectMany(f => f).ToLookup(p => p.Same, p => p.Score);
            if (!seen[true].Any() || !seen[false].Any())
            {
                return null;
            }
            var threshold = Verification.Measure([.. seen[true]], [.. seen[false]]).Threshold;
            foreach (var pair in asked.Where(p => p.Score >= threshold == p.Same))
            {
                right[pair.Same]++;
            }
        }
        return ((double)right[true] / pairs.Count(p => p.Same) + (double)right[false] / pairs.Count(p => !p.Same)) / 2;
    }
}
