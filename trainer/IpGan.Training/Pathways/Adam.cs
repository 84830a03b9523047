using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// Adam (Kingma and Ba, ICLR 2015, algorithm 1). TorchSharp's own keeps its moments out of reach, and a run that resumes without them
/// stumbles; these are plain tensors by parameter name, saved with the checkpoint.
/// </summary>
public sealed class Adam(IEnumerable<(string Name, Parameter Value)> parameters, double beta1, double beta2) : IDisposable
{
    private const double Epsilon = 1e-8;

    private readonly (string Name, Parameter Value, Tensor First, Tensor Second)[] _slots =
        [.. parameters.Select(p => (p.Name, p.Value, zeros_like(p.Value).DetachFromDisposeScope(), zeros_like(p.Value).DetachFromDisposeScope()))];

    /// <summary>Steps taken.</summary>
    public long Steps { get; set; }

    /// <summary>Both moments of every parameter, by name.</summary>
    public IEnumerable<(string Name, Tensor Value)> State =>
        _slots.SelectMany(s => new[] { ($"{s.Name}.first", s.First), ($"{s.Name}.second", s.Second) });

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var slot in _slots)
        {
            slot.Value.grad = null;
        }
    }

    /// <summary>One step on the gradients at hand.</summary>
    /// <param name="learningRate">The step's size.</param>
    /// <param name="largestNorm">Gradients longer than this, all taken together, are shortened to it.</param>
    /// <param name="decay">
    /// Weights of more than one dimension shrink by this share of the step (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019).
    /// </param>
    public void Step(double learningRate, double largestNorm = double.PositiveInfinity, double decay = 0)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Steps++;
        var factor = 1.0;
        if (double.IsFinite(largestNorm))
        {
            var squares = _slots.Where(s => s.Value.grad is not null).Select(s => s.Value.grad!.square().sum()).ToArray();
            var norm = stack(squares).sum().sqrt().item<float>();
            factor = norm > largestNorm ? largestNorm / norm : 1;
        }
        var correction1 = 1 - Math.Pow(beta1, Steps);
        var correction2 = Math.Sqrt(1 - Math.Pow(beta2, Steps));
        foreach (var (_, value, first, second) in _slots)
        {
            if (value.grad is not { } gradient)
            {
                continue;
            }
            if (factor != 1)
            {
                gradient = gradient * factor;
            }
            if (decay > 0 && value.dim() > 1)
            {
                value.mul_(1 - learningRate * decay);
            }
            first.mul_(beta1).add_(gradient, alpha: 1 - beta1);
            second.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
            value.addcdiv_(first, second.sqrt().div_(correction2).add_(Epsilon), -learningRate / correction1);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.First.Dispose();
            slot.Second.Dispose();
        }
    }
}
