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

    /// <summary>Starts the direction of each person who is among these at the mean of the person's vectors, of D numbers each.</summary>
    public void Start(IEnumerable<(int Class, float[] Vector)> vectors)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var person in vectors.GroupBy(v => v.Class, v => v.Vector))
        {
            _directions[person.Key].copy_(tensor(person.SelectMany(v => v).ToArray()).view(person.Count(), -1).mean([0]));
        }
    }

    /// <summary>Cosines [N, classes] of identity vectors [N, D].</summary>
    public Tensor Cosines(Tensor identity) => identity.matmul(nn.functional.normalize(_directions, p: 2, dim: 1).t());
}
