using CsCheck;
using IpGan.Training.Evaluation;

namespace IpGan.Training.Tests;

public sealed class VerificationTests
{
    [Fact]
    public void Scores_that_separate_give_full_marks_and_a_threshold_between()
    {
        var v = Verification.Measure([0.9, 0.8, 0.7], [0.3, 0.2, 0.1]);
        Assert.Equal((1, 0, 1, 1), (v.Accuracy, v.EqualErrorRate, v.AcceptedAtOnePercent, v.AreaUnderCurve));
        Assert.InRange(v.Threshold, 0.3, 0.7);
    }

    [Fact]
    public void One_wrong_of_four_pairs_costs_a_quarter()
    {
        var v = Verification.Measure([0.9, 0.4], [0.6, 0.1]);
        Assert.Equal(0.75, v.Accuracy);
        Assert.Equal(0.75, v.AreaUnderCurve);
    }

    [Fact]
    public void Scores_that_say_nothing_give_half_marks()
    {
        var v = Verification.Measure([0.5, 0.5, 0.5], [0.5, 0.5]);
        Assert.Equal((0.5, 0.5, 0, 0.5), (v.Accuracy, v.EqualErrorRate, v.AcceptedAtOnePercent, v.AreaUnderCurve));
    }

    [Fact]
    public void The_area_is_the_share_of_ordered_pairs_with_ties_counting_half() =>
        Gen.Select(Gen.Int[0, 6].Array[1, 20], Gen.Int[0, 6].Array[1, 20]).Sample((same, different) =>
        {
            var expected = same.Average(s => different.Average(d => s > d ? 1 : s == d ? 0.5 : 0));
            var v = Verification.Measure([.. same.Select(s => (double)s)], [.. different.Select(d => (double)d)]);
            return Math.Abs(v.AreaUnderCurve - expected) < 1e-9;
        });

    [Fact]
    public void The_equal_error_rate_is_where_both_errors_meet()
    {
        // At 0.5 one of four same pairs is refused and one of four different ones accepted.
        var v = Verification.Measure([0.9, 0.8, 0.7, 0.2], [0.6, 0.4, 0.3, 0.1]);
        Assert.Equal(0.25, v.EqualErrorRate);
        Assert.Equal(0.75, v.AcceptedAtOnePercent);
    }

    [Fact]
    public void Measures_stay_in_range_and_the_threshold_gives_the_accuracy() =>
        Gen.Select(Gen.Double[-1, 1].Array[1, 40], Gen.Double[-1, 1].Array[1, 40]).Sample((same, different) =>
        {
            var v = Verification.Measure(same, different);
            var accuracy = (same.Average(s => s >= v.Threshold ? 1.0 : 0) + different.Average(s => s < v.Threshold ? 1.0 : 0)) / 2;
            return v.Accuracy is >= 0.5 - 1e-9 and <= 1 && v.EqualErrorRate is >= 0 and <= 1 && v.AreaUnderCurve is >= 0 and <= 1
                && (v.Accuracy == 0.5 || Math.Abs(accuracy - v.Accuracy) < 1e-9);
        });

    [Fact]
    public void Without_pairs_it_says_so() => Assert.Throws<ArgumentException>(() => Verification.Measure([], [1]));

    [Fact]
    public void A_probe_reads_what_is_there_and_nothing_from_noise()
    {
        TorchSharp.torch.manual_seed(1);
        var random = new Random(1);
        var classes = Enumerable.Range(0, 200).Select(i => i % 5).ToArray();
        float[] Noise() => [.. Enumerable.Range(0, 8).Select(_ => (float)random.NextDouble() - 0.5f)];
        var told = classes.Select(c => { var v = Noise(); v[c] += 3; return v; }).ToArray();
        var untold = classes.Select(_ => Noise()).ToArray();
        Assert.True(Probes.Classify(told, classes) > 0.95);
        Assert.True(Probes.Classify(untold, classes) < 0.4);
        Assert.True(Probes.ExplainedVariance(told, [.. told.Select(v => v[0] * 10)]) > 0.9);
        Assert.True(Probes.ExplainedVariance(untold, [.. told.Select(v => v[1])]) < 0.2);
    }

    [Fact]
    public void The_curve_rises_from_nothing_to_everything_and_the_threshold_for_one_percent_is_on_it()
    {
        var random = new Random(4);
        double[] same = [.. Enumerable.Range(0, 2000).Select(_ => random.NextDouble() + 0.5)], different = [.. Enumerable.Range(0, 2000).Select(_ => random.NextDouble())];
        var v = Verification.Measure(same, different);
        Assert.Equal([0, 0], v.Curve[0]);
        Assert.Equal([1, 1], v.Curve[^1]);
        Assert.InRange(v.Curve.Count, 50, 600);
        Assert.All(v.Curve.Zip(v.Curve.Skip(1)), p => Assert.True(p.First[0] <= p.Second[0] && p.First[1] <= p.Second[1]));
        Assert.InRange(different.Count(d => d >= v.ThresholdAtOnePercent) / 2000.0, 0.005, 0.01);
        Assert.Equal(v.AcceptedAtOnePercent, same.Count(s => s >= v.ThresholdAtOnePercent) / 2000.0);
    }
}
