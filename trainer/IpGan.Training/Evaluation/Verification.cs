namespace IpGan.Training.Evaluation;

/// <summary>How well scores tell same from different. Higher scores mean "same".</summary>
/// <param name="Accuracy">Share of right decisions at <paramref name="Threshold"/>, both kinds counting alike: the best that any threshold gives on these very pairs.</param>
/// <param name="EqualErrorRate">Where as many different pairs are accepted as same pairs are refused.</param>
/// <param name="AcceptedAtOnePercent">Share of same pairs accepted while 1 % of the different ones are.</param>
/// <param name="AreaUnderCurve">Chance that a same pair scores above a different one, a tie counting half.</param>
/// <param name="Threshold">The score that gives the best accuracy.</param>
/// <param name="Pairs">Pairs of each kind.</param>
public sealed record Verification(
    double Accuracy, double EqualErrorRate, double AcceptedAtOnePercent, double AreaUnderCurve, double Threshold, int Pairs)
{
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
        double acceptedAbove = 0, wronglyAcceptedAbove = 0;
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
            double tar = accepted / same.Count, far = wronglyAccepted / different.Count;
            var accuracy = (tar + 1 - far) / 2;
            if (accuracy > best)
            {
                best = accuracy;
                threshold = i + 1 < ordered.Count ? (ordered[i].Score + ordered[i + 1].Score) / 2 : ordered[i].Score;
            }
            if (far <= 0.01)
            {
                atOnePercent = tar;
            }
            if (Math.Abs(far - (1 - tar)) < smallestGap)
            {
                smallestGap = Math.Abs(far - (1 - tar));
                equal = (far + 1 - tar) / 2;
            }
        }
        return new Verification(best, equal, atOnePercent, area / ((double)same.Count * different.Count), threshold, same.Count);
    }
}
