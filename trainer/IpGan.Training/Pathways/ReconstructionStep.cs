using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// The generator alone learns y = G(I(a), P(a')) = a' from encoders that stand still. A third of a full step's work, and the discriminator then meets faces
/// instead of noise.
/// </summary>
public sealed class ReconstructionStep(NetworkSet networks, TrainingPreset preset, ScalarType precision, Optimizers optimizers) : IDisposable
{
    private readonly Likeness _likeness = new(networks, preset, precision);

    /// <summary>One step on the pairs (a, a'); returns the terms of the loss by name.</summary>
    public Dictionary<string, double> Run(Triple triple, long triplesSeen)
    {
        using var scope = NewDisposeScope();
        var n = (int)triple.A.Pictures.shape[0];
        var noise = randn([n, preset.Sizes.PoseDimension], device: networks.Device) * preset.PoseNoise;
        optimizers.Generator.ZeroGradients();
        var terms = new Dictionary<string, double>();
        if (Lanes.Count(networks.Device) < 2)
        {
            Learn(triple.A, triple.Other, noise, 1, terms);
        }
        else
        {
            // Gradients of both halves add up, whichever comes first.
            var (middle, others) = (n / 2, new Dictionary<string, double>());
            // Cut here, where there is a scope: each lane has a thread of its own.
            var (first, second) = ((triple.A[..middle], triple.Other[..middle], noise[..middle]), (triple.A[middle..], triple.Other[middle..], noise[middle..]));
            Lanes.Run(
                networks.Device,
                () => Learn(first.Item1, first.Item2, first.Item3, 0.5, terms),
                () => Learn(second.Item1, second.Item2, second.Item3, 0.5, others));
            terms = terms.ToDictionary(t => t.Key, t => (t.Value + others[t.Key]) / 2);
        }
        optimizers.Generator.Step(preset.LearningRate, largestNorm: 10);
        networks.UpdateGeneratorAverage(preset.AverageDecay, triplesSeen / n);
        return terms;
    }

    private void Learn(FaceBatch a, FaceBatch other, Tensor noise, double share, Dictionary<string, double> terms)
    {
        using var scope = NewDisposeScope();
        Tensor identity, pose;
        using (no_grad())
        {
            identity = networks.AverageIdentity.forward(a.Pictures.to(precision));
            pose = networks.AveragePose.forward(other.Pictures.to(precision));
        }
        var drawn = networks.Generator.forward(identity, pose + noise);
        (_likeness.Distance(drawn, a, other, terms) * share).backward();
    }

    /// <inheritdoc />
    public void Dispose() => _likeness.Dispose();
}
