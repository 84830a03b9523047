using IpGan.Training.Data;
using IpGan.Training.Networks;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>Three pictures for each place in the batch: a and a' of one person, b of anybody.</summary>
public sealed record Triple(FaceBatch A, FaceBatch Other, FaceBatch B) : IDisposable
{
    /// <inheritdoc />
    public void Dispose()
    {
        A.Dispose();
        Other.Dispose();
        B.Dispose();
    }
}

/// <summary>
/// Both pathways of IP-GAN in one step. The transformation pathway draws y₁ = G(I(a), P(a')), which must equal a', and y₂ = G(I(a), P(b)),
/// which must look real, keep a's identity and take b's pose. The generation pathway draws y₃ = G(zᵢ, zₚ) from the priors and must give
/// both vectors back. What judges identity and pose of a drawn picture is the moving average of the encoders, so that generator and
/// encoders cannot agree on a code of their own; and a recogniser that nothing here trains, if there is one.
/// </summary>
public sealed class JointStep : IDisposable
{
    private const double JudgeNoise = 0.1;
    private const double RecognisedFades = 25;
    private const double PenaltyDeviation = 0.1;

    private readonly NetworkSet _networks;
    private readonly TrainingPreset _preset;
    private readonly LossWeights _weights;
    private readonly ScalarType _precision;
    private readonly Optimizers _optimizers;
    private readonly Likeness _likeness;

    private readonly Recogniser? _recogniser;
    private readonly TeacherMeans? _means;

    /// <summary>Prepares the step.</summary>
    /// <param name="networks">What learns.</param>
    /// <param name="preset">How.</param>
    /// <param name="precision">What convolutions compute in.</param>
    /// <param name="optimizers">Of the networks.</param>
    /// <param name="recogniser">Who says, too, whether the person was kept: it has never seen a drawn picture. Stays the caller's.</param>
    /// <param name="means">What its descriptors have in common; null without one.</param>
    /// <exception cref="ArgumentException">There is a recogniser, and nobody's descriptors.</exception>
    public JointStep(NetworkSet networks, TrainingPreset preset, ScalarType precision, Optimizers optimizers, Recogniser? recogniser = null, TeacherMeans? means = null)
    {
        _networks = networks;
        _preset = preset;
        _weights = preset.Weights;
        _precision = precision;
        _optimizers = optimizers;
        _likeness = new Likeness(networks, preset, precision);
        _recogniser = preset.Weights.Recogniser > 0 ? recogniser : null;
        _means = means ?? (_recogniser is null ? null : throw new ArgumentException("A recogniser says whether a person was kept by what it saw in photos of them: the data set has no descriptors."));
    }

    /// <summary>One step; returns the terms of the loss by name.</summary>
    public Dictionary<string, double> Run(Triple triple, long triplesSeen, long step)
    {
        using var scope = NewDisposeScope();
        var terms = new Dictionary<string, double>();
        var (a, other, b) = triple;
        var n = (int)a.Pictures.shape[0];
        var trainIdentity = triplesSeen - _preset.ReconstructionTriples >= _preset.IdentityFrozenTriples && _preset.IdentityLearningRate > 0;
        foreach (var (_, optimizer) in _optimizers.All)
        {
            optimizer.ZeroGradients();
        }

        // Encode.
        var identity = EncodeIdentity(a, trainIdentity, out var identityLoss, terms);
        var pose = EncodePose(other, b, out var poseLoss, terms);
        var (poseOther, poseB) = (pose[..n], pose[n..]);

        // Draw: y₁, and of the other two what any term asks for.
        var fixedIdentity = identity.detach();
        var cross = DrawsCross ? n : 0;
        var prior = DrawsPrior ? n / 2 : 0;
        var order = randperm(n, device: _networks.Device)[..prior];
        var (targetIdentity, targetPose) = Prior(fixedIdentity.index_select(0, order));
        var identities = cat([identity, fixedIdentity[..cross], targetIdentity], 0);
        var poses = cat([poseOther + randn_like(poseOther) * _preset.PoseNoise, poseB.detach()[..cross], targetPose], 0);
        var drawn = _networks.Generator.forward(identities, poses);
        // A photo's person in a rendered head's pose, or the other way round, is of neither kind: nobody knows how it should look.
        var parts = new Parts(n, cross, prior, 1 - (a.MixedIn - b.MixedIn).abs().squeeze(1)[..cross]);

        // Discriminator. It need not look at what no term asks it about.
        var judged = _weights.AdversarialCross + _weights.AdversarialPrior > 0 ? parts : parts with { Cross = 0, Prior = 0 };
        // A drawn picture is of the kind that its person is from.
        var kind = cat([a.MixedIn, a.MixedIn[..cross], a.MixedIn.index_select(0, order)], 0);
        // Whether b's pose is seen of a at all, in photos, says nothing about the picture: cross-person ones are to look like a photo of anybody in that pose.
        var wanted = cat([fixedIdentity, zeros_like(fixedIdentity[..cross]), targetIdentity], 0);
        var condition = new Condition(wanted[..judged.Count], poses.detach()[..judged.Count], kind[..judged.Count]);
        var realPose = NoGradient(() => _networks.AveragePose.forward(other.Pictures.to(_precision)));
        // Repeated edge pixels are no part of a face: neither side's judge sees them.
        var shown = drawn[..judged.Count] * cat([other.Masks, b.Masks[..judged.Cross], b.Masks[..judged.Prior]], 0);
        terms["D"] = TrainDiscriminator(
            shown.detach(), condition, other.Pictures * other.Masks, new Condition(fixedIdentity, realPose, other.MixedIn), judged, step, terms);

        // Generator and encoders.
        SetGradients(_networks.Discriminator, false);
        var adversarial = Adversarial(_networks.Discriminator.Judge(DiscriminatorView(shown), condition), judged, real: true);
        SetGradients(_networks.Discriminator, true);
        var loss = adversarial + _likeness.Distance(drawn[..n], a, other, terms) + poseLoss + identityLoss;
        if (_recogniser is not null)
        {
            loss = loss + Recognised(_recogniser, drawn[..(n + cross)], poses[..(n + cross)].detach(), a, terms);
        }
        if (cross + prior > 0)
        {
            loss = loss + Consistency(drawn[n..], parts, fixedIdentity[..cross], poseB.detach()[..cross], targetIdentity, targetPose, terms);
        }
        loss.backward();
        _optimizers.Generator.Step(_preset.LearningRate, largestNorm: 10);
        if (TrainsPose)
        {
            _optimizers.Pose.Step(_preset.PoseLearningRate, largestNorm: 5);
            _optimizers.Adversary.Step(_preset.PoseLearningRate);
            _networks.UpdatePoseAverage(_preset.AverageDecay, step);
        }
        if (trainIdentity)
        {
            _optimizers.Identity.Step(_preset.IdentityLearningRate, largestNorm: 5);
            _optimizers.Margin.Step(_preset.IdentityLearningRate * 5);
            _networks.UpdateIdentityAverage(_preset.AverageDecay, step);
        }
        _networks.UpdateGeneratorAverage(_preset.JointAverageDecay, triplesSeen / n);
        terms["G adversarial"] = adversarial.item<float>();
        return terms;
    }

    /// <inheritdoc />
    public void Dispose() => _likeness.Dispose();

    // How many of the drawn pictures are y₁, y₂ and y₃, in this order, and [Cross]: 1 for the y₂ that D judges.
    private readonly record struct Parts(int Same, int Cross, int Prior, Tensor Judged)
    {
        public int Count => Same + Cross + Prior;
    }

    private bool DrawsCross => _recogniser is not null || _weights.AdversarialCross + _weights.Identity + _weights.Pose > 0;

    private bool DrawsPrior => _weights.AdversarialPrior + _weights.Recovery > 0;

    private bool TrainsPose => _preset.PoseLearningRate > 0;

    private Tensor EncodePose(FaceBatch other, FaceBatch b, out Tensor loss, Dictionary<string, double> terms)
    {
        var n = (int)other.Pictures.shape[0];
        if (!TrainsPose)
        {
            loss = zeros([], device: _networks.Device);
            return NoGradient(() => _networks.AveragePose.forward(cat([other.Pictures, b.Pictures], 0).to(_precision)));
        }
        _networks.Pose.train();
        var pose = _networks.Pose.forward(EncoderStep.PoseView(cat([other.Pictures, b.Pictures], 0)).to(_precision));
        var angles = (Losses.Angles(_networks.Pose.Angles(pose[..n]), other) + Losses.Angles(_networks.Pose.Angles(pose[n..]), b)) / 2;
        var prior = Losses.PosePrior(pose);
        var adversary = Losses.Adversary(
            _networks.Adversary, pose, cat([other.Labels, b.Labels], 0), cat([other.MixedIn, b.MixedIn], 0), _weights.Adversary);
        terms["angles"] = angles.item<float>();
        terms["pose prior"] = prior.item<float>();
        terms["adversary"] = adversary.item<float>();
        loss = angles * _weights.Angles + prior * _weights.PosePrior + adversary;
        return pose;
    }

    // Judged in other light, a little turned and with noise: what pleases a network in one exact picture only is paint, not a face.
    private static Tensor Noisy(Tensor drawn) => Augmentation.Noise(Augmentation.Colour(drawn, 0.3), JudgeNoise);

    private static Tensor Jittered(Tensor judged) => Augmentation.Warp(judged, 8, 0.06, 0.04);

    // 1 − cos(R(y), t) of y₁ and y₂, R the recogniser and t what it teaches of a (the identity preserving loss of Huang et al., "Beyond Face Rotation: Global and Local Perception GAN for
    // Photorealistic and Identity Preserving Frontal View Synthesis", ICCV 2017, section 3.2).
    private Tensor Recognised(Recogniser recogniser, Tensor drawn, Tensor poses, FaceBatch a, Dictionary<string, double> terms)
    {
        Tensor yaw, roll, share;
        using (no_grad())
        {
            var angles = _networks.AveragePose.Angles(poses);
            (yaw, roll) = (angles.select(1, 0) * PoseEncoder.DegreesPerUnit[0], angles.select(1, 2) * PoseEncoder.DegreesPerUnit[2]);
            // Full profiles tell it so little that it would rather have them turned back.
            share = ((recogniser.TellsTo - yaw.abs()) / RecognisedFades).clamp(0, 1) * cat([a.HasTeacher, a.HasTeacher], 0);
        }
        // As its descriptors of photos: without what all heads turned so far have in common, or turning them back would please.
        var seen = nn.functional.normalize(recogniser.Descriptors(Jittered(Noisy(drawn)), yaw, roll, _precision) - _means!.At(yaw), p: 2, dim: 1);
        var kept = ((1 - (seen * cat([a.Teachers, a.Teachers], 0)).sum(1)) * share).sum() / (share.sum() + 1e-6);
        terms["recogniser"] = kept.item<float>();
        return kept * _weights.Recogniser;
    }

    // What has no target must keep its person and take its pose, and give back what it was drawn from.
    private Tensor Consistency(
        Tensor drawn, Parts parts, Tensor identity, Tensor pose, Tensor targetIdentity, Tensor targetPose, Dictionary<string, double> terms)
    {
        var judged = Noisy(drawn);
        // Where no term weighs anything, it is only watched.
        Tensor Seen(double weight, Func<Tensor> see) => weight + _weights.Recovery > 0 ? see() : NoGradient(see);
        var seenIdentity = Seen(_weights.Identity, () => _networks.AverageIdentity.forward(Jittered(judged).ChannelsLast().to(_precision)));
        var seenPose = Seen(_weights.Pose, () => _networks.AveragePose.forward(judged.ChannelsLast().to(_precision)));
        var loss = zeros([], device: _networks.Device);
        if (parts.Cross > 0)
        {
            var keptIdentity = Losses.IdentityDistance(seenIdentity[..parts.Cross], identity);
            var keptPose = Losses.PoseDistance(seenPose[..parts.Cross], pose);
            terms["identity"] = keptIdentity.item<float>();
            terms["pose"] = keptPose.item<float>();
            loss = loss + keptIdentity * _weights.Identity + keptPose * _weights.Pose;
        }
        if (parts.Prior > 0)
        {
            var recovery = Losses.IdentityDistance(seenIdentity[parts.Cross..], targetIdentity) + Losses.PoseDistance(seenPose[parts.Cross..], targetPose) * 0.5;
            terms["recovery"] = recovery.item<float>();
            loss = loss + recovery * _weights.Recovery;
        }
        return loss;
    }

    private Tensor Adversarial(Tensor scores, Parts parts, bool real)
    {
        var loss = Losses.Adversarial(scores[..parts.Same], real) * _weights.AdversarialSame;
        if (parts.Cross > 0)
        {
            loss = loss + Losses.Adversarial(scores[parts.Same..(parts.Same + parts.Cross)], real, parts.Judged) * _weights.AdversarialCross;
        }
        return parts.Prior > 0 ? loss + Losses.Adversarial(scores[(parts.Same + parts.Cross)..], real) * _weights.AdversarialPrior : loss;
    }

    private Tensor EncodeIdentity(FaceBatch a, bool train, out Tensor loss, Dictionary<string, double> terms)
    {
        if (!train)
        {
            loss = zeros([], device: _networks.Device);
            return NoGradient(() => _networks.AverageIdentity.forward(a.Pictures.to(_precision)));
        }
        // Statistics of batches stay what the first phase found: the generator then meets the same encoder that is exported.
        _networks.Identity.eval();
        if (_preset.Supervision == Supervision.None)
        {
            // a is a mirror image of a'; on top of that another crop, so that nothing but the person is left to be told by a.
            var seen = _networks.Identity.Answer(_networks.Identity.Trunk.forward(EncoderStep.IdentityViews(a.Pictures).to(_precision))).chunk(2);
            var contrast = Losses.Contrast(IdentityEncoder.Unit(seen[0]), IdentityEncoder.Unit(seen[1]));
            terms["contrast"] = contrast.item<float>();
            loss = contrast * _weights.Contrast;
            return _networks.Identity.Lifted((seen[0] + seen[1]) / 2);
        }
        var answers = _networks.Identity.Answers(a.Pictures.to(_precision));
        var directions = IdentityEncoder.Unit(answers);
        var margin = Losses.Margin(_networks.Margin, directions, a.Labels);
        var teacher = Losses.Teacher(directions, a);
        loss = margin * _weights.Margin + teacher * _weights.Teacher;
        terms["margin"] = margin.item<float>();
        terms["teacher"] = teacher.item<float>();
        return _networks.Identity.Lifted(answers);
    }

    // Identities of the prior: a real one moved along the sphere by a random amount, which covers the space between people.
    private (Tensor Identity, Tensor Pose) Prior(Tensor identity)
    {
        var amount = rand([identity.shape[0], 1], device: identity.device) * (1.5 / Math.Sqrt(identity.shape[1]));
        var moved = nn.functional.normalize(identity + randn_like(identity) * amount, p: 2, dim: 1);
        return (moved, randn([identity.shape[0], _preset.Sizes.PoseDimension], device: identity.device));
    }

    private double TrainDiscriminator(
        Tensor drawn, Condition condition, Tensor real, Condition realCondition, Parts parts, long step, Dictionary<string, double> terms)
    {
        var d = _networks.Discriminator;
        var fakeScores = d.Judge(DiscriminatorView(drawn), condition);
        var seenReal = d.See(DiscriminatorView(real));
        // As much weight on photos as on what is drawn, under either condition.
        var loss = Losses.Adversarial(d.Rate(seenReal, realCondition), true) * (_weights.AdversarialSame + _weights.AdversarialPrior) + Adversarial(fakeScores, parts, real: false);
        if (parts.Cross > 0)
        {
            loss = loss + Losses.Adversarial(d.Rate(seenReal, realCondition.OfAnybody), true) * _weights.AdversarialCross;
        }
        var value = loss.item<float>();
        if (step % _preset.R1Interval == 0)
        {
            // Differences this small need float32.
            var precision = d.Precision;
            d.Precision = ScalarType.Float32;
            var seen = DiscriminatorView(real);
            var penalty = Losses.GradientPenalty(d.Judge(seen, realCondition), d.Judge(seen + randn_like(seen) * PenaltyDeviation, realCondition), PenaltyDeviation);
            d.Precision = precision;
            terms["R1"] = penalty.item<float>();
            loss = loss + penalty * (_weights.R1 / 2 * _preset.R1Interval);
        }
        loss.backward();
        _optimizers.Discriminator.Step(_preset.LearningRate);
        return value;
    }

    private static Tensor DiscriminatorView(Tensor pictures) =>
        Augmentation.Erase(Augmentation.Shift(Augmentation.Colour(pictures, 0.6), (int)pictures.shape[2] / 12), 0.5);

    private static T NoGradient<T>(Func<T> action)
    {
        using var _ = no_grad();
        return action();
    }

    private static void SetGradients(nn.Module module, bool required)
    {
        foreach (var parameter in module.parameters())
        {
            parameter.requires_grad_(required);
        }
    }
}
