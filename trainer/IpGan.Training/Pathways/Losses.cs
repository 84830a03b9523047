using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Training.Pathways;

/// <summary>The terms of the loss. Every method returns a scalar.</summary>
public static class Losses
{
    // Of cosines that tell views of a picture from those of others.
    private const double Temperature = 0.2;

    /// <summary>
    /// CosFace: −log( e^{s(cos θ_y − m)} / (e^{s(cos θ_y − m)} + Σ_{j≠y} e^{s cos θ_j}) ), the mean over pictures with a class (Wang et al.,
    /// "CosFace: Large Margin Cosine Loss for Deep Face Recognition", CVPR 2018, equation 4).
    /// </summary>
    public static Tensor Margin(MarginHead head, Tensor identity, Tensor labels, double scale = 24, double margin = 0.25)
    {
        var known = labels.ge(0).nonzero().squeeze(1);
        if (known.shape[0] == 0)
        {
            return Nothing(identity);
        }
        var y = labels.index_select(0, known);
        var cosines = head.Cosines(identity.index_select(0, known));
        return F.cross_entropy((cosines - margin * F.one_hot(y, cosines.shape[1])) * scale, y);
    }

    /// <summary>Distillation: 1 − cos(I(x), t), t what the recogniser that made the descriptors teaches of x (<see cref="TrainingFaces.Teacher"/>).</summary>
    public static Tensor Teacher(Tensor identity, FaceBatch batch) => batch.AnyTeacher
        ? ((1 - (identity * batch.Teachers).sum(1)) * batch.HasTeacher).sum() / batch.HasTeacher.sum()
        : Nothing(identity);

    // A batch may teach nothing; the run goes on.
    private static Tensor Nothing(Tensor identity) => identity.sum() * 0;

    /// <summary>
    /// Distillation by comparison: −Σⱼ qⱼ log pⱼ over a picture's own teacher vector t₀ and others, q = softmax(s·cos(t₀, tⱼ)), p = softmax(s·cos(I(x), tⱼ)) with s·m taken off the own one
    /// as in <see cref="Margin"/>; the mean over pictures that have a teacher (Fang et al., "SEED: Self-supervised Distillation for Visual Representation", ICLR 2021, section 3.2). Every taught picture is
    /// a class of its own, so that there are as many people to be told apart as blends.
    /// </summary>
    /// <param name="identity">I(x), [N, D].</param>
    /// <param name="teachers">t₀, [N, D].</param>
    /// <param name="hasTeacher">[N]: 1 where there is one.</param>
    /// <param name="others">tⱼ, [K, D]; the picture's own may be among them and is left out.</param>
    /// <param name="scale">s.</param>
    /// <param name="margin">m.</param>
    public static Tensor Ranking(Tensor identity, Tensor teachers, Tensor hasTeacher, Tensor others, double scale = 24, double margin = 0.1)
    {
        var taught = teachers.matmul(others.t());
        var own = taught.gt(0.999);
        var q = F.softmax(cat([ones([taught.shape[0], 1], device: taught.device), taught.masked_fill(own, -1e4)], 1) * scale, 1);
        var cosines = cat([(identity * teachers).sum(1, keepdim: true) - margin, identity.matmul(others.t()).masked_fill(own, -1e4)], 1);
        return -((q * F.log_softmax(cosines * scale, 1)).sum(1) * hasTeacher).sum() / (hasTeacher.sum() + 1e-6);
    }

    /// <summary>Side head of the pose encoder: smooth L1 on yaw/45, pitch/30, roll/20 where they are known.</summary>
    public static Tensor Angles(Tensor estimate, FaceBatch batch) =>
        (F.smooth_l1_loss(estimate, batch.Angles, reduction: nn.Reduction.None, beta: 0.2) * batch.HasAngles).sum()
        / (batch.HasAngles.sum() * 3 + 1e-6);

    /// <summary>
    /// Adversary on P: −log A(p)_y, the mean over pictures with a class y, and the same for the kind of picture (of the first data set, or mixed in). A descends
    /// it; P, whose gradient is reversed and multiplied by <paramref name="strength"/>, ascends it (Ganin and Lempitsky, ICML 2015, equation 4).
    /// </summary>
    public static Tensor Adversary(PoseAdversary adversary, Tensor pose, Tensor labels, Tensor mixedIn, double strength)
    {
        // The same value; the gradient comes back with the factor −strength.
        var (person, kind) = adversary.Guess(pose.detach() * (1 + strength) - pose * strength);
        var known = labels.ge(0).nonzero().squeeze(1);
        var kinds = F.binary_cross_entropy_with_logits(kind, mixedIn);
        return known.shape[0] == 0 ? kinds : kinds + F.cross_entropy(person.index_select(0, known), labels.index_select(0, known));
    }

    /// <summary>
    /// Gaussian prior on the batch's moments: |mean|² + |covariance − 1|², the mean over numbers. Pose vectors then fill the unit Gaussian
    /// that the generation pathway draws from.
    /// </summary>
    public static Tensor PosePrior(Tensor pose)
    {
        var mean = pose.mean([0]);
        var centred = pose - mean;
        var covariance = centred.t().matmul(centred) / (pose.shape[0] - 1);
        return mean.square().mean() + (covariance - eye(pose.shape[1], device: pose.device)).square().mean();
    }

    /// <summary>
    /// Telling pictures apart: −log( e^{cos(aᵢ, bᵢ)/τ} / Σⱼ e^{cos(aᵢ, bⱼ)/τ} ), and the same from b to a, the mean over pictures; aᵢ and bᵢ are the unit
    /// vectors of two views of picture i (van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, equation 4; in both directions as
    /// in Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021, figure 3).
    /// </summary>
    public static Tensor Contrast(Tensor a, Tensor b)
    {
        var cosines = a.matmul(b.t()) / Temperature;
        var own = arange(a.shape[0], device: a.device);
        return (F.cross_entropy(cosines, own) + F.cross_entropy(cosines.t(), own)) / 2;
    }

    /// <summary>
    /// Non-saturating adversarial loss (Goodfellow et al., "Generative Adversarial Nets", NIPS 2014, section 3): softplus(−D) asks for
    /// "real", softplus(D) for "fake". Mean over the batch.
    /// </summary>
    public static Tensor Adversarial(Tensor scores, bool real) => F.softplus(real ? -scores : scores).mean();

    /// <summary>The same, of those pictures alone whose <paramref name="counted"/> is 1 and not 0.</summary>
    public static Tensor Adversarial(Tensor scores, bool real, Tensor counted) =>
        (F.softplus(real ? -scores : scores) * counted).sum() / counted.sum().clamp_min(1);

    /// <summary>
    /// R1, E|∇ₓ D(x)|² on real pictures (Mescheder, Geiger, Nowozin, "Which Training Methods for GANs do actually Converge?", ICML 2018, equation 9), as
    /// E(D(x + σε) − D(x))² / σ², ε ~ N(0, 1) (approximated R1: Lin et al., "Diffusion Adversarial Post-Training for One-Step Video Generation", 2025): no gradient
    /// of a gradient, which libtorch's bfloat16 convolutions get wrong.
    /// </summary>
    /// <param name="scores">D(x), [N].</param>
    /// <param name="moved">D(x + σε), [N].</param>
    /// <param name="deviation">σ.</param>
    public static Tensor GradientPenalty(Tensor scores, Tensor moved, double deviation) => (moved - scores).square().mean() / (deviation * deviation);

    /// <summary>L1 between pictures inside the mask, weighted to the middle of the face.</summary>
    public static Tensor Reconstruction(Tensor picture, Tensor target, Tensor weight) =>
        ((picture - target).abs() * weight).sum() / (weight.sum() * 3 + 1e-6);

    /// <summary>
    /// L1 between a network's features, the mean over layers: as Johnson, Alahi, Fei-Fei, "Perceptual Losses for Real-Time Style Transfer", ECCV 2016, equation 2, whose distance is squared.
    /// </summary>
    public static Tensor Features(IReadOnlyList<Tensor> features, IReadOnlyList<Tensor> targets) =>
        features.Zip(targets, (f, t) => (f.to(ScalarType.Float32) - t.to(ScalarType.Float32)).abs().mean()).Aggregate((a, b) => a + b) / features.Count;

    /// <summary>1 − cos between unit vectors [N, D].</summary>
    public static Tensor IdentityDistance(Tensor a, Tensor b) => 1 - (a * b).sum(1).mean();

    /// <summary>Mean squared distance between pose vectors.</summary>
    public static Tensor PoseDistance(Tensor a, Tensor b) => (a - b).square().mean();

    /// <summary>
    /// <paramref name="target"/> with the mean and deviation of each colour of <paramref name="source"/>, both taken inside their masks: light is not in
    /// the vectors, so no picture may be asked to reproduce it.
    /// </summary>
    public static Tensor Recolour(Tensor target, Tensor targetMask, Tensor source, Tensor sourceMask)
    {
        var (targetMean, targetDeviation) = Moments(target, targetMask);
        var (sourceMean, sourceDeviation) = Moments(source, sourceMask);
        return ((target - targetMean) / targetDeviation * sourceDeviation + sourceMean).clamp(-1, 1);
    }

    /// <summary>1 in the middle, falling to 0.2 in the corners: [1, 1, S, S].</summary>
    public static Tensor CentreWeight(int size, Device device)
    {
        using var scope = NewDisposeScope();
        var axis = (arange(size, device: device).to(ScalarType.Float32) + 0.5) / size * 2 - 1;
        var square = axis.square();
        var radius = square.view(1, 1, -1, 1) + square.view(1, 1, 1, -1);
        return ((-radius * 1.2).exp() * 0.9 + 0.1).MoveToOuterDisposeScope();
    }

    private static (Tensor Mean, Tensor Deviation) Moments(Tensor x, Tensor mask)
    {
        var count = mask.sum([1, 2, 3], keepdim: true) + 1;
        var mean = (x * mask).sum([2, 3], keepdim: true) / count;
        var variance = ((x - mean).square() * mask).sum([2, 3], keepdim: true) / count;
        return (mean, (variance + 1e-3).sqrt());
    }
}
