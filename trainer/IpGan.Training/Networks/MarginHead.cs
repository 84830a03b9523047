using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>One direction for each training person.</summary>
public sealed class MarginHead : nn.Module
{
    private readonly Parameter _directions;

    /// <summary>People told apart.</summary>
    public int Classes => (int)_directions.shape[0];

    /// <summary>Random directions.</summary>
    public MarginHead(int dimension, int classes) : base(nameof(MarginHead))
    {
        _directions = nn.Parameter(randn(classes, dimension) * 0.1);
        RegisterComponents();
    }

    /// <summary>Directions [classes, D] to go on from.</summary>
    public void Start(Tensor directions)
    {
        using var _ = no_grad();
        _directions.copy_(directions);
    }

    /// <summary>Cosines [N, classes] of identity vectors [N, D].</summary>
    public Tensor Cosines(Tensor identity) => identity.matmul(nn.functional.normalize(_directions, p: 2, dim: 1).t());
}
