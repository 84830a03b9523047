using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>
/// Guesses the training person from the pose vector [N, P]. P learns to make it fail, so that nothing of who somebody is stays in how the head
/// is held (Ganin and Lempitsky, "Unsupervised Domain Adaptation by Backpropagation", ICML 2015).
/// </summary>
public sealed class PoseAdversary : nn.Module
{
    private const int Width = 64;
    private readonly Linear _hidden;
    private readonly Linear _guess;

    /// <summary>A fresh one.</summary>
    public PoseAdversary(int poseDimension, int classes) : base(nameof(PoseAdversary))
    {
        _hidden = Layers.FullyConnected(poseDimension, Width, gain: 1.4);
        _guess = Layers.FullyConnected(Width, classes, gain: 0.5);
        RegisterComponents();
    }

    /// <summary>Logits [N, classes].</summary>
    public Tensor Guess(Tensor pose) => _guess.forward(Layers.LeakyRelu(_hidden.forward(pose)));
}
