using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// Sets the identity encoder's lift, once it has learnt: a constant along the direction that faces use least. Seen from there unit vectors keep the order of distances between
/// answers, long ones far apart and short ones close together, which cosines of the answers alone do not (trainer/NOTES.md, section 15).
/// </summary>
internal static class IdentityLift
{
    // Of the answers' mean length. Chosen on people who are trained on; between 0.3 and 0.5 it hardly matters.
    private const double Share = 0.4;
    private const int Most = 4096;

    /// <summary>True if the encoder has one.</summary>
    public static bool IsSet(NetworkSet networks) => networks.AverageIdentity.Lift.abs().max().item<float>() > 0;

    /// <summary>Sets it for the encoder and its average. Generator and discriminator take it off again, so that they go on with what they know of directions.</summary>
    public static void Set(NetworkSet networks, TrainingFaces faces)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var all = faces.Indices.ToList();
        var every = Math.Max(1, all.Count / Most);
        var answers = Answers(networks, faces, [.. all.Where((_, i) => i % every == 0)]).to(ScalarType.Float64);
        // Where it is found does not depend on the device.
        var (_, directions) = linalg.eigh(answers.t().matmul(answers).cpu());
        var least = directions.select(1, 0).to(ScalarType.Float32).to(networks.Device);
        // Either sign is as good; always the same one can be repeated.
        least = least * least[least.abs().argmax()].sign();
        var length = answers.norm(1).mean().to(ScalarType.Float32);
        var lift = least * (length * Share);
        // Vectors that were lifted before are longer by as much already.
        var lifted = IsSet(networks);
        var stretch = lifted ? 1 : Math.Sqrt(1 + Share * Share);
        if (lifted)
        {
            // Since then every vector had the same along the old lift, and the generator has learnt to count on it: what it had by the answers of then.
            var share = networks.AverageIdentity.Lift / networks.AverageIdentity.Lift.norm() * Share;
            var counted = share / (1 + share.square().sum()).sqrt() * Math.Sqrt(networks.Sizes.IdentityDimension);
            foreach (var layer in new[] { networks.Generator.Map1, networks.AverageGenerator.Map1 })
            {
                layer.bias!.add_(layer.weight[TensorIndex.Colon, ..networks.Sizes.IdentityDimension].matmul(counted));
            }
        }
        networks.Identity.Lift.copy_(lift);
        networks.AverageIdentity.Lift.copy_(lift);
        foreach (var layer in new[] { networks.Generator.Map1, networks.AverageGenerator.Map1, networks.Discriminator.Condition })
        {
            TakeOff(layer, least.unsqueeze(0), stretch);
        }
    }

    /// <summary>Sets it to what all vectors of a space share, if the encoder speaks the space better so: a head's bias would take tens of thousands of steps.</summary>
    /// <param name="networks">Whose encoder is to speak the space.</param>
    /// <param name="faces">Training faces.</param>
    /// <param name="vectors">Vectors in that space of some of them, by index.</param>
    public static void SetTo(NetworkSet networks, TrainingFaces faces, IReadOnlyDictionary<int, float[]> vectors)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var wanted = Rows([.. vectors.Values], networks);
        var answers = Answers(networks, faces, [.. vectors.Keys]);
        var shared = wanted.mean([0]);
        var lift = shared / (1 - shared.square().sum()).sqrt() * answers.norm(1).mean();
        float Agreement(Tensor lifted) => nn.functional.cosine_similarity(answers + lifted, wanted, 1).mean().item<float>();
        if (Agreement(lift) > Agreement(networks.Identity.Lift))
        {
            networks.Identity.Lift.copy_(lift);
            networks.AverageIdentity.Lift.copy_(lift);
        }
    }

    private static Tensor Answers(NetworkSet networks, TrainingFaces faces, IReadOnlyList<int> indices) =>
        Rows(new FaceVectors(networks, faces).Answers(indices), networks);

    private static Tensor Rows(IReadOnlyCollection<float[]> rows, NetworkSet networks) =>
        tensor(rows.SelectMany(r => r).ToArray(), [rows.Count, networks.Sizes.IdentityDimension], device: networks.Device);

    // W·(I − e·eᵀ) on the identity, whose numbers come first: what lies along e is not looked at.
    private static void TakeOff(Linear layer, Tensor direction, double stretch)
    {
        var weight = layer.weight[TensorIndex.Colon, ..(int)direction.shape[1]];
        weight.copy_((weight - weight.matmul(direction.t()).matmul(direction)) * stretch);
    }
}
