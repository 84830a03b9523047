using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>
/// Guesses the training person, and whether the picture is of a data set that is mixed in, from the pose vector [N, P]. P learns to make it fail, so that nothing of who somebody
/// is, and of what drew the picture, stays in how the head is held (Ganin and Lempitsky, "Unsupervised Domain Adaptation by Backpropagation", ICML 2015).
/// </summary>
public sealed class PoseAdversary : nn.Module
{
    private const int Width = 64;
    private readonly Linear _hidden;
    private readonly Linear _guess;
    private readonly Linear _kind;

    /// <summary>A fresh one.</summary>
    public PoseAdversary(int poseDimension, int classes) : base(nameof(PoseAdversary))
    {
        _hidden = Layers.FullyConnected(poseDimension, Width, gain: 1.4);
        _guess = Layers.FullyConnected(Width, classes, gain: 0.5);
        _kind = Layers.FullyConnected(Width, 1, gain: 0.5);
        RegisterComponents();
    }

    /// <summary>Logits of the people [N, classes], and of being mixed in [N, 1].</summary>
    public (Tensor Person, Tensor MixedIn) Guess(Tensor pose)
    {
        var hidden = Layers.LeakyRelu(_hidden.forward(pose));
        return (_guess.forward(hidden), _kind.forward(hidden));
    }
}
