using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// A trunk that learns on both lanes: half of each batch goes through it, the other half through a twin with the same weights, whose gradients are added to its
/// own (Li et al., "PyTorch Distributed", VLDB 2020, section 3). Each half is normalised by its own statistics, and takes every other picture: what augmentation does depends on the place.
/// </summary>
internal sealed class SharedTrunk(ResidualTrunk trunk, ResidualTrunk twin, Device device) : IDisposable
{
    /// <summary>Adds the gradients of a loss on the features of a batch [N, 3, S, S].</summary>
    /// <param name="batch">What the trunk sees; with an odd N one lane has it all.</param>
    /// <param name="loss">From the features of all of it.</param>
    public void Learn(Tensor batch, Func<Tensor, Tensor> loss)
    {
        using var scope = NewDisposeScope();
        if (Lanes.Count(device) < 2 || batch.shape[0] % 2 != 0)
        {
            loss(trunk.forward(batch)).backward();
            return;
        }
        Copy();
        var halves = batch.unflatten(0, [-1, 2]).unbind(1);
        Tensor[] seen = [batch, batch];
        Lanes.Run(device, () => seen[0] = trunk.forward(halves[0]), () => seen[1] = twin.forward(halves[1]));
        using var first = seen[0];
        using var second = seen[1];
        using var features = stack([first.detach(), second.detach()], 1).flatten(0, 1).requires_grad_(true);
        loss(features).backward();
        var gradients = features.grad!.unflatten(0, [-1, 2]).unbind(1);
        Lanes.Run(device, () => first.backward([gradients[0]]), () => second.backward([gradients[1]]));
        foreach (var (own, other) in trunk.parameters().Zip(twin.parameters()))
        {
            own.grad!.add_(other.grad!);
        }
    }

    /// <inheritdoc />
    public void Dispose() => twin.Dispose();

    private void Copy()
    {
        using var _ = no_grad();
        twin.train();
        foreach (var (own, other) in trunk.parameters().Zip(twin.parameters()))
        {
            other.copy_(own);
            other.grad = null;
        }
    }
}
