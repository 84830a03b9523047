using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>Linear probes by ridge regression: how much of one thing can be read out of a vector that should not tell it.</summary>
public static class Probes
{
    private const double Ridge = 1e-2;

    /// <summary>Accuracy of guessing the class, on every second vector of a class, after fitting on the others.</summary>
    public static double Classify(IReadOnlyList<float[]> vectors, IReadOnlyList<int> classes)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var seen = new Dictionary<int, int>();
        var fit = classes.Select(c => (seen[c] = seen.GetValueOrDefault(c) + 1) % 2 == 1).ToList();
        var labels = tensor(classes.Select(c => (long)c).ToArray());
        var (train, test) = Split(fit);
        var x = Standardised(vectors, train);
        var targets = nn.functional.one_hot(labels, classes.Max() + 1).to(ScalarType.Float32);
        var guess = x.index_select(0, test).matmul(Fit(x.index_select(0, train), targets.index_select(0, train))).argmax(1);
        return guess.eq(labels.index_select(0, test)).to(ScalarType.Float32).mean().item<float>();
    }

    /// <summary>1 − residual variance / variance of the values, on every second vector, after fitting on the others; at least 0.</summary>
    public static double ExplainedVariance(IReadOnlyList<float[]> vectors, IReadOnlyList<float> values)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (train, test) = Split([.. vectors.Select((_, i) => i % 2 == 0)]);
        var x = Standardised(vectors, train);
        var y = tensor(values.ToArray()).unsqueeze(1);
        var guess = x.index_select(0, test).matmul(Fit(x.index_select(0, train), y.index_select(0, train)));
        var truth = y.index_select(0, test);
        // Values that are all the same have no variance to explain.
        return Math.Max(0, 1 - ((guess - truth).square().mean() / (truth.var(false) + 1e-12)).item<float>());
    }

    private static (Tensor Train, Tensor Test) Split(IReadOnlyList<bool> fit) =>
        (tensor(Enumerable.Range(0, fit.Count).Where(i => fit[i]).Select(i => (long)i).ToArray()),
            tensor(Enumerable.Range(0, fit.Count).Where(i => !fit[i]).Select(i => (long)i).ToArray()));

    private static Tensor Standardised(IReadOnlyList<float[]> vectors, Tensor train)
    {
        var x = tensor(vectors.SelectMany(v => v).ToArray(), [vectors.Count, vectors[0].Length]);
        var sample = x.index_select(0, train);
        x = (x - sample.mean([0])) / (sample.std(0) + 1e-6);
        return cat([x, ones(x.shape[0], 1)], 1);
    }

    private static Tensor Fit(Tensor x, Tensor y)
    {
        var ridge = eye(x.shape[1]) * (Ridge * x.shape[0]);
        // The constant is not held back.
        ridge[-1, -1] = 0;
        return linalg.solve(x.t().matmul(x) + ridge, x.t().matmul(y));
    }
}
