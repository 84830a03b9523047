using IpGan.Training.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>
/// Changes that leave a network's function as it is, up to rounding, and make its export exact: batch normalisation folded into the
/// convolution before it, and weights rounded to half precision, so that what is checked is what is stored.
/// </summary>
internal static class ExportPreparation
{
    /// <exception cref="InvalidOperationException">A weight is not finite.</exception>
    public static void Prepare(NetworkSet networks, bool half)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var module in new nn.Module[] { networks.AverageIdentity, networks.AveragePose, networks.AverageGenerator })
        {
            if (module.state_dict().FirstOrDefault(s => !s.Value.isfinite().all().item<bool>()) is { Key: { } name })
            {
                throw new InvalidOperationException($"'{Checkpoints.TensorNames.Clean(name)}' of the {module.GetName()} holds numbers that are not finite; it cannot be exported.");
            }
        }
        Fold(networks.AverageIdentity.Trunk);
        Fold(networks.AveragePose.Trunk);
        if (half)
        {
            foreach (var module in new nn.Module[] { networks.AverageIdentity, networks.AveragePose, networks.AverageGenerator })
            {
                foreach (var parameter in module.parameters().Where(p => p.dim() > 1))
                {
                    parameter.copy_(parameter.to(ScalarType.Float16).to(ScalarType.Float32));
                }
            }
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
