using IpGan.Training.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>
/// Changes that leave a network's function as it is, up to rounding, and make its export exact: batch normalisation folded into the
/// convolution before it, the identity encoder's lift into the last layer's bias, and weights rounded to half precision, so that what is checked is what is stored.
/// </summary>
internal static class ExportPreparation
{
    /// <exception cref="InvalidOperationException">A weight is not finite.</exception>
    public static void Prepare(NetworkSet networks, bool half)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        nn.Module[] modules = [networks.AverageIdentity, networks.AveragePose, networks.AverageGenerator];
        CheckFinite(modules);
        Fold(networks.AverageIdentity.Trunk);
        networks.AverageIdentity.Head.bias!.add_(networks.AverageIdentity.Lift);
        networks.AverageIdentity.Lift.zero_();
        Fold(networks.AveragePose.Trunk);
        if (half)
        {
            Round(modules);
        }
    }

    /// <exception cref="InvalidOperationException">A weight is not finite.</exception>
    public static void Prepare(Finding.FinderNetwork finder, bool half)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        CheckFinite(finder);
        foreach (var layer in finder.Normed)
        {
            Fold(layer.Conv, layer.Norm);
        }
        if (half)
        {
            Round(finder);
        }
    }

    private static void CheckFinite(params nn.Module[] modules)
    {
        foreach (var module in modules)
        {
            if (module.state_dict().FirstOrDefault(s => !s.Value.isfinite().all().item<bool>()) is { Key: { } name })
            {
                throw new InvalidOperationException($"'{Checkpoints.TensorNames.Clean(name)}' of the {module.GetName()} holds numbers that are not finite; it cannot be exported.");
            }
        }
    }

    private static void Round(params nn.Module[] modules)
    {
        foreach (var parameter in modules.SelectMany(m => m.parameters()).Where(p => p.dim() > 1))
        {
            parameter.copy_(parameter.to(ScalarType.Float16).to(ScalarType.Float32));
        }
    }

    private static void Fold(ResidualTrunk trunk)
    {
        Fold(trunk.Stem, trunk.StemNorm);
        foreach (var block in trunk.Blocks)
        {
            Fold(block.Conv1, block.Norm1);
            Fold(block.Conv2, block.Norm2);
        }
    }

    // The convolution takes the scale; what is left of the normalisation only adds a bias.
    private static void Fold(Conv2d conv, BatchNorm2d norm)
    {
        const double epsilon = 1e-5;
        var scale = norm.weight! / (norm.running_var! + epsilon).sqrt();
        conv.weight.mul_(scale.view(-1, 1, 1, 1));
        norm.bias!.sub_(norm.running_mean! * scale);
        norm.weight!.fill_(1);
        norm.running_mean!.fill_(0);
        norm.running_var!.fill_(1 - epsilon);
    }
}
