using IpGan.Training.Evaluation;

namespace IpGan.Training.Tests;

public sealed class HeldOutThresholdTests
{
    private static string Name(int person) => $"person {person}";

    /// <summary>Every person with itself and with the next one.</summary>
    private static List<ScoredPair> Pairs(int people, Func<int, double> same, Func<int, double> different) =>
        [.. Enumerable.Range(0, people).SelectMany(i => new[]
        {
            new ScoredPair(same(i), true, Name(i), Name(i)), new ScoredPair(different(i), false, Name(i), Name((i + 1) % people)),
        })];

    [Fact]
    public void Scores_that_separate_give_full_marks() => Assert.Equal(1, HeldOutThreshold.Accuracy(Pairs(30, _ => 0.8, _ => 0.2)));

    [Fact]
    public void A_threshold_that_fits_one_persons_pairs_is_not_chosen_by_that_person()
    {
        // For person 7 alone the pair of two people scores above all others' same pairs: only a threshold of its own could tell.
        var pairs = Pairs(30, i => i == 7 ? 0.95 : 0.8, i => i == 7 ? 0.9 : 0.2);
        Assert.Equal(1 - 0.5 / 30, HeldOutThreshold.Accuracy(pairs)!.Value, 9);
    }

    [Fact]
    public void Neither_person_of_a_pair_has_a_say_in_its_threshold()
    {
        // Everybody looks like person 7. Pairs without him do not tell that, so that none of these is told right; one of them would give the others away.
        List<ScoredPair> pairs = [.. Pairs(20, _ => 0.95, _ => 0.2)];
        pairs.AddRange(from one in Enumerable.Range(0, 20) where one != 7 select new ScoredPair(0.9, false, Name(one), Name(7)));
        Assert.Equal(0.5 + 0.5 * 20 / 39, HeldOutThreshold.Accuracy(pairs)!.Value, 9);
    }

    [Fact]
    public void It_is_below_the_accuracy_at_the_best_threshold_where_scores_say_nothing()
    {
        var random = new Random(5);
        var pairs = Pairs(40, _ => random.NextDouble(), _ => random.NextDouble());
        var v = Verification.Measure(pairs);
        Assert.Equal(HeldOutThreshold.Accuracy(pairs), v.HeldOutAccuracy);
        Assert.InRange(v.HeldOutAccuracy!.Value, 0.3, v.Accuracy - 0.01);
    }

    [Fact]
    public void Two_people_are_too_few_to_hold_one_out() => Assert.Null(HeldOutThreshold.Accuracy(Pairs(2, _ => 0.8, _ => 0.2)));
}
