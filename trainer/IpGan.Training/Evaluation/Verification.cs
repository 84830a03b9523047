namespace IpGan.Training.Evaluation;

/// <summary>How well scores tell same from different. Higher scores mean "same".</summary>
/// <param name="Accuracy">Share of right decisions at <paramref name="Threshold"/>, both kinds counting alike: the best that any threshold gives on these very pairs.</param>
/// <param name="EqualErrorRate">Where as many different pairs are accepted as same pairs are refused.</param>
/// <param name="AcceptedAtOnePercent">Share of same pairs accepted while 1 % of the different ones are.</param>
/// <param name="AreaUnderCurve">Chance that a same pair scores above a different one, a tie counting half.</param>
/// <param name="Threshold">The score that gives the best accuracy.</param>
/// <param name="Pairs">Pairs of one person.</param>
/// <param name="DifferentPairs">Pairs of two people.</param>
public sealed record Verification(
    double Accuracy, double EqualErrorRate, double AcceptedAtOnePercent, double AreaUnderCurve, double Threshold, int Pairs, int DifferentPairs)
{
    private const int CurvePoints = 150;

    /// <summary>Accuracy with thresholds that were chosen on other people (<see cref="HeldOutThreshold"/>); null where people are not told or too few.</summary>
    public double? HeldOutAccuracy { get; init; }

    /// <summary>The score above which 1 % of the different pairs are: the threshold to use where a wrong acceptance costs more than a wrong refusal.</summary>
    public double ThresholdAtOnePercent { get; init; }

    /// <summary>Some points [false acceptances, right acceptances] of the curve of all thresholds, in order.</summary>
    public IReadOnlyList<double[]> Curve { get; init; } = [];

    /// <summary>Measures pairs of people who are told.</summary>
    public static Verification Measure(IReadOnlyList<ScoredPair> pairs) =>
        Measure([.. pairs.Where(p => p.Same).Select(p => p.Score)], [.. pairs.Where(p => !p.Same).Select(p => p.Score)]) with
        {
            HeldOutAccuracy = HeldOutThreshold.Accuracy(pairs),
        };

    /// <summary>Measures scores of same and of different pairs; both lists must be non-empty.</summary>
    public static Verification Measure(IReadOnlyCollection<double> same, IReadOnlyCollection<double> different)
    {
        if (same.Count == 0 || different.Count == 0)
        {
            throw new ArgumentException($"Verification needs pairs of both kinds; there are {same.Count} same and {different.Count} different.");
        }
        var ordered = same.Select(s => (Score: s, Same: true)).Concat(different.Select(s => (Score: s, Same: false)))
            .OrderByDescending(p => p.Score).ToList();
        double accepted = 0, wronglyAccepted = 0, area = 0;
        double best = 0, threshold = double.PositiveInfinity, equal = 1, atOnePercent = 0, smallestGap = double.MaxValue;
        double acceptedAbove = 0, wronglyAcceptedAbove = 0, thresholdAtOnePercent = double.PositiveInfinity;
        var curve = new List<double[]> { new double[] { 0, 0 } };
        for (var i = 0; i < ordered.Count; i++)
        {
            if (ordered[i].Same)
            {
                accepted++;
            }
            else
            {
                wronglyAccepted++;
            }
            if (i + 1 < ordered.Count && ordered[i + 1].Score == ordered[i].Score)
            {
                continue;
            }
            area += (wronglyAccepted - wronglyAcceptedAbove) * (accepted + acceptedAbove) / 2;
            (acceptedAbove, wronglyAcceptedAbove) = (accepted, wronglyAccepted);
            var (tar, far) = (accepted / same.Count, wronglyAccepted / different.Count);
            if (IsFar(curve[^1], far, tar) || i == ordered.Count - 1)
            {
                curve.Add([far, tar]);
            }
            var accuracy = (tar + 1 - far) / 2;
            if (accuracy > best)
            {
                best = accuracy;
                threshold = Between(i);
            }
            if (far <= 0.01)
            {
                atOnePercent = tar;
                thresholdAtOnePercent = Between(i);
            }
            if (Math.Abs(far - (1 - tar)) < smallestGap)
            {
                smallestGap = Math.Abs(far - (1 - tar));
                equal = (far + 1 - tar) / 2;
            }
        }
        return new Verification(best, equal, atOnePercent, area / ((double)same.Count * different.Count), threshold, same.Count, different.Count)
        {
            ThresholdAtOnePercent = double.IsFinite(thresholdAtOnePercent) ? thresholdAtOnePercent : ordered[0].Score,
            Curve = curve,
        };

        double Between(int i) => i + 1 < ordered.Count ? (ordered[i].Score + ordered[i + 1].Score) / 2 : ordered[i].Score;
    }

    // Evenly along the curve, the left end denser: that is where face search works.
    private static bool IsFar(double[] last, double far, double tar) => far - last[0] > Math.Max(last[0], 0.001) * 4 / CurvePoints || tar - last[1] > 2.0 / CurvePoints;
}
