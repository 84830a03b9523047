using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// One encoder alone, into the space of a published model. It answers what the old encoder answers on the same photo; an identity encoder also answers
/// near the old mean vector of the person and far from everybody else's (Shen et al., CVPR 2020, equation 3: the old classifier stays, here made
/// of the old vectors' means as in their section 3.2), which lets it become better than the old one without leaving its space.
/// </summary>
public sealed class UpdateStep(NetworkSet networks, TrainingPreset preset, ScalarType precision, Optimizers optimizers, CompatibleUpdate update, FaceModel old)
{
    private readonly LossWeights _weights = preset.Weights;

    /// <summary>Sets the classes of the identity loss to the old mean vectors of the training people, and the lift to what they share. Done once, before the first step.</summary>
    public void Prepare(TrainingFaces faces)
    {
        if (update.ParsedRole != ModelRole.IdentityEncoder)
        {
            return;
        }
        // The old encoder is weaker on profiles, too.
        var known = faces.Indices.Where(i => faces.Label(i) >= 0).GroupBy(faces.Label)
            .SelectMany(person => person.All(i => faces.Table.Faces[i].Profile) ? person : person.Where(i => !faces.Table.Faces[i].Profile)).ToList();
        var vectors = PhotoVectors.Of(faces, known, x => FaceVectors.Split(old.Identity(x)));
        networks.Margin.Start(vectors.Select(v => (faces.Label(v.Key), v.Value)));
        IdentityLift.SetTo(networks, faces, vectors);
    }

    /// <summary>One step on a batch; returns the terms of the loss by name.</summary>
    public Dictionary<string, double> Run(FaceBatch batch, long picturesSeen, long step)
    {
        using var scope = NewDisposeScope();
        var rate = preset.EncoderRate(picturesSeen);
        if (update.ParsedRole == ModelRole.IdentityEncoder)
        {
            var identityTerms = StepIdentity(batch, rate);
            networks.UpdateIdentityAverage(preset.AverageDecay, step);
            return identityTerms;
        }
        var poseTerms = StepPose(batch, rate);
        networks.UpdatePoseAverage(preset.AverageDecay, step);
        return poseTerms;
    }

    private Dictionary<string, double> StepIdentity(FaceBatch batch, double rate)
    {
        networks.Identity.train();
        optimizers.Identity.ZeroGradients();
        var identity = networks.Identity.forward(EncoderStep.IdentityView(batch.Pictures).to(precision));
        var agreement = Losses.IdentityDistance(identity, Old(() => old.Identity(batch.Pictures)));
        var margin = Losses.Margin(networks.Margin, identity, batch.Labels);
        // The classes are the old space's: their optimizer takes no step.
        (agreement * _weights.Teacher + margin * _weights.Margin).backward();
        optimizers.Identity.Step(rate, largestNorm: 5);
        return new() { ["agreement"] = agreement.item<float>(), ["margin"] = margin.item<float>() };
    }

    private Dictionary<string, double> StepPose(FaceBatch batch, double rate)
    {
        networks.Pose.train();
        optimizers.Pose.ZeroGradients();
        var pose = networks.Pose.forward(EncoderStep.PoseView(batch.Pictures).to(precision));
        var agreement = Losses.PoseDistance(pose, Old(() => old.Pose(batch.Pictures)));
        var angles = Losses.Angles(networks.Pose.Angles(pose), batch);
        (agreement * _weights.Teacher + angles * _weights.Angles).backward();
        optimizers.Pose.Step(rate, largestNorm: 5);
        return new() { ["agreement"] = agreement.item<float>(), ["angles"] = angles.item<float>() };
    }

    private Tensor Old(Func<Tensor> vectors)
    {
        using var _ = no_grad();
        return vectors().to(networks.Device);
    }
}
