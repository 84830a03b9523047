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
        var terms = new Dictionary<string, double>();
        Tensor identity, pose;
        using (no_grad())
        {
            identity = networks.AverageIdentity.forward(triple.A.Pictures.to(precision));
            pose = networks.AveragePose.forward(triple.Other.Pictures.to(precision));
        }
        optimizers.Generator.ZeroGradients();
        var drawn = networks.Generator.forward(identity, pose + randn_like(pose) * preset.PoseNoise);
        _likeness.Distance(drawn, triple.A, triple.Other, terms).backward();
        optimizers.Generator.Step(preset.LearningRate, largestNorm: 10);
        networks.UpdateGeneratorAverage(preset.AverageDecay, triplesSeen / triple.A.Pictures.shape[0]);
        return terms;
    }

    /// <inheritdoc />
    public void Dispose() => _likeness.Dispose();
}
