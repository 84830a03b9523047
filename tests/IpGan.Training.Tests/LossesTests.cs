using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class LossesTests
{
    [Fact]
    public void Margin_is_cross_entropy_of_shifted_cosines_over_known_classes()
    {
        var head = new MarginHead(4, 3);
        var identity = nn.functional.normalize(randn(3, 4), p: 2, dim: 1);
        var labels = tensor(new long[] { 2, -1, 0 });
        var cosines = head.Cosines(identity);
        double Term(int row, int label)
        {
            var c = cosines[row].data<float>().ToArray();
            var exp = c.Select((v, j) => Math.Exp(10 * (v - (j == label ? 0.3 : 0)))).ToArray();
            return -Math.Log(exp[label] / exp.Sum());
        }
        var expected = (Term(0, 2) + Term(2, 0)) / 2;
        Assert.Equal(expected, Losses.Margin(head, identity, labels, scale: 10, margin: 0.3).item<float>(), 1e-4);
    }

    [Fact]
    public void Margin_without_a_known_class_is_zero() =>
        Assert.Equal(0, Losses.Margin(new MarginHead(4, 3), randn(2, 4), tensor(new long[] { -1, -1 })).item<float>());

    [Fact]
    public void Ranking_compares_with_what_is_taught_of_others_and_leaves_the_own_one_out_of_them()
    {
        manual_seed(4);
        Tensor Unit(int rows) => nn.functional.normalize(randn(rows, 4), p: 2, dim: 1);
        var (identity, teachers, others) = (Unit(3), Unit(3), Unit(5));
        double[] Cosines(Tensor a, int row) => [.. a[row..(row + 1)].matmul(cat([teachers[row..(row + 1)], others], 0).t())[0].data<float>().ToArray().Select(x => (double)x)];
        double[] Softmax(double[] x) => [.. x.Select(v => Math.Exp(10 * v) / x.Sum(w => Math.Exp(10 * w)))];
        double Term(int row)
        {
            var seen = Cosines(identity, row);
            seen[0] -= 0.3;
            return -Softmax(Cosines(teachers, row)).Zip(Softmax(seen), (q, p) => q * Math.Log(p)).Sum();
        }
        double Ranking(Tensor among) => Losses.Ranking(identity, teachers, tensor(new float[] { 1, 0, 1 }), among, scale: 10, margin: 0.3).item<float>();
        Assert.Equal((Term(0) + Term(2)) / 2, Ranking(others), 1e-4);
        var expected = Ranking(others);
        others = cat([others, teachers[1..2]], 0);
        Assert.NotEqual(expected, Ranking(others), 1e-4);
        Assert.Equal(Ranking(others), Losses.Ranking(identity[..1], teachers[..1], ones(1), cat([others, teachers[..1]], 0), 10, 0.3).item<float>() / 2
            + Losses.Ranking(identity[2..], teachers[2..], ones(1), cat([others, teachers[2..]], 0), 10, 0.3).item<float>() / 2, 1e-4);
    }

    [Fact]
    public void The_pose_prior_is_near_zero_for_a_unit_gaussian_and_large_for_a_constant()
    {
        manual_seed(1);
        Assert.True(Losses.PosePrior(randn(4096, 4)).item<float>() < 0.01f);
        Assert.True(Losses.PosePrior(ones(64, 4)).item<float>() > 1f);
    }

    [Fact]
    public void The_gradient_penalty_of_a_linear_score_is_the_square_of_its_weights()
    {
        random.manual_seed(6);
        var weights = randn(1, 3, 4, 4);
        var pictures = randn(2000, 3, 4, 4);
        Tensor Score(Tensor seen) => (seen * weights).sum([1, 2, 3]);
        var penalty = Losses.GradientPenalty(Score(pictures), Score(pictures + randn_like(pictures) * 0.1), 0.1);
        // The mean of 2,000 squares of a normal number: within 10 % of its expectation.
        Assert.InRange(penalty.item<float>() / weights.square().sum().item<float>(), 0.9f, 1.1f);
    }

    [Fact]
    public void Recolouring_gives_the_target_the_moments_of_the_source()
    {
        var target = rand(2, 3, 16, 16) * 0.4 - 0.2;
        var source = rand(2, 3, 16, 16) * 0.8 - 0.1;
        var mask = ones(2, 1, 16, 16);
        var recoloured = Losses.Recolour(target, mask, source, mask);
        Assert.True((recoloured.mean([2, 3]) - source.mean([2, 3])).abs().max().item<float>() < 0.02f);
        Assert.True((recoloured.std([2, 3]) - source.std([2, 3])).abs().max().item<float>() < 0.02f);
    }

    [Fact]
    public void Reconstruction_ignores_what_the_mask_hides()
    {
        var picture = zeros(1, 3, 4, 4);
        var target = zeros(1, 3, 4, 4);
        target[0, 0, 0, 0] = 1;
        var mask = ones(1, 1, 4, 4);
        mask[0, 0, 0, 0] = 0;
        Assert.Equal(0, Losses.Reconstruction(picture, target, mask).item<float>());
    }

    [Fact]
    public void The_adversary_descends_its_loss_and_the_pose_ascends_it()
    {
        using var adversary = new PoseAdversary(4, 3);
        using var pose = randn(8, 4).requires_grad_(true);
        using var labels = tensor(new long[] { 0, 1, 2, 0, 1, 2, -1, -1 });
        using var mixedIn = tensor(new float[] { 0, 1, 0, 1, 0, 1, 0, 1 }, [8, 1]);
        using var loss = Losses.Adversary(adversary, pose, labels, mixedIn, 0.5);
        loss.backward();
        using var plain = pose.detach().requires_grad_(true);
        var (person, kind) = adversary.Guess(plain);
        (nn.functional.cross_entropy(person[..6], labels[..6]) + nn.functional.binary_cross_entropy_with_logits(kind, mixedIn)).backward();
        Assert.True(pose.grad!.allclose(plain.grad! * -0.5, atol: 1e-6));
        Assert.All(adversary.parameters(), p => Assert.NotNull(p.grad));
    }

    [Fact]
    public void Without_a_known_person_the_adversary_still_guesses_the_kind_of_picture()
    {
        using var adversary = new PoseAdversary(4, 3);
        using var pose = randn(2, 4);
        using var mixedIn = tensor(new float[] { 0, 1 }, [2, 1]);
        var wanted = nn.functional.binary_cross_entropy_with_logits(adversary.Guess(pose).MixedIn, mixedIn).item<float>();
        Assert.Equal(wanted, Losses.Adversary(adversary, pose, tensor(new long[] { -1, -1 }), mixedIn, 0.5).item<float>(), 1e-6f);
    }

    [Fact]
    public void Adversarial_terms_are_means_over_the_pictures_that_count()
    {
        var scores = tensor([1f, -2f, 3f, 5f]);
        float Of(bool real, params float[] counted) => Losses.Adversarial(scores, real, tensor(counted)).item<float>();
        Assert.Equal(Losses.Adversarial(scores[1..3], real: false).item<float>(), Of(false, 0, 1, 1, 0), 1e-6f);
        Assert.Equal(Losses.Adversarial(scores, real: true).item<float>(), Of(true, 1, 1, 1, 1), 1e-6f);
        Assert.Equal(0, Of(true, 0, 0, 0, 0));
    }
}
