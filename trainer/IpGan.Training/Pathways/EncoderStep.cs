using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// The first phase: the encoders alone, from labels. Hours of the generator's compute are saved when it starts with encoders that already
/// know who and how.
/// </summary>
public sealed class EncoderStep(NetworkSet networks, TrainingPreset preset, ScalarType precision, Optimizers optimizers)
{
    private readonly LossWeights _weights = preset.Weights;

    /// <summary>One step on a batch; returns the terms of the loss by name.</summary>
    public Dictionary<string, double> Run(FaceBatch batch, long picturesSeen, long step)
    {
        using var scope = NewDisposeScope();
        networks.Identity.train();
        networks.Pose.train();
        optimizers.Identity.ZeroGradients();
        optimizers.Margin.ZeroGradients();
        optimizers.Pose.ZeroGradients();
        optimizers.Adversary.ZeroGradients();

        var seen = IdentityView(batch.Pictures).to(precision);
        var identity = networks.Identity.forward(seen);
        var margin = Losses.Margin(networks.Margin, identity, batch.Labels);
        var teacher = Losses.Teacher(identity, batch);

        var pose = networks.Pose.forward(PoseView(batch.Pictures).to(precision));
        var angles = Losses.Angles(networks.Pose.Angles(pose), batch);
        var prior = Losses.PosePrior(pose);
        var adversary = Losses.Adversary(networks.Adversary, pose, batch.Labels, _weights.Adversary);

        // Alone, the margin may count more than later, when it would pull the identity space away from the generator.
        var loss = margin * 0.5 + teacher * _weights.Teacher + angles * _weights.Angles + prior * _weights.PosePrior + adversary;
        loss.backward();
        var rate = preset.EncoderRate(picturesSeen);
        optimizers.Identity.Step(rate, largestNorm: 5);
        optimizers.Margin.Step(rate * 5);
        optimizers.Pose.Step(rate, largestNorm: 5);
        optimizers.Adversary.Step(preset.EncoderLearningRate);
        networks.UpdateEncoderAverages(preset.AverageDecay, step);
        return new Dictionary<string, double>
        {
            ["margin"] = margin.item<float>(),
            ["teacher"] = teacher.item<float>(),
            ["angles"] = angles.item<float>(),
            ["pose prior"] = prior.item<float>(),
            ["adversary"] = adversary.item<float>(),
        };
    }

    /// <summary>What the identity encoder sees in training: another crop, light, and something in front of the face.</summary>
    internal static Tensor IdentityView(Tensor pictures) =>
        Augmentation.Erase(Augmentation.Colour(Augmentation.Warp(pictures, degrees: 8, zoom: 0.06, shift: 0.03), 0.4), 0.35);

    /// <summary>What the pose encoder sees in training: another light and a slightly shifted crop, never turned.</summary>
    internal static Tensor PoseView(Tensor pictures) =>
        Augmentation.Colour(Augmentation.Warp(pictures, degrees: 0, zoom: 0.03, shift: 0.015), 0.5);
}
