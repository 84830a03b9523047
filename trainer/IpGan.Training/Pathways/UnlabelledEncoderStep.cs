using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// The first phase without labels. The identity encoder learns to know a picture again from another crop, another light and its mirror image; the pose
/// encoder to answer the same under another light and crop, over the whole of its prior. It cannot learn alone what a pose is: that comes with
/// the generator.
/// </summary>
public sealed class UnlabelledEncoderStep(NetworkSet networks, TrainingPreset preset, ScalarType precision, Optimizers optimizers)
{
    private readonly LossWeights _weights = preset.Weights;

    /// <summary>One step on a batch; returns the terms of the loss by name.</summary>
    public Dictionary<string, double> Run(FaceBatch batch, long picturesSeen, long step)
    {
        using var scope = NewDisposeScope();
        networks.Identity.train();
        networks.Pose.train();
        optimizers.Identity.ZeroGradients();
        optimizers.Pose.ZeroGradients();

        var identity = IdentityEncoder.Unit(networks.Identity.Answer(networks.Identity.Trunk.forward(EncoderStep.IdentityViews(batch.Pictures).to(precision)))).chunk(2);
        var contrast = Losses.Contrast(identity[0], identity[1]);

        // Never the mirror image: there the pose is another one.
        var same = cat([batch.Pictures, batch.Pictures], 0);
        var pose = networks.Pose.forward(EncoderStep.PoseView(same).to(precision));
        var halves = pose.chunk(2);
        var steady = Losses.PoseDistance(halves[0], halves[1]);
        var prior = Losses.PosePrior(pose);

        var loss = contrast + steady * _weights.Pose + prior * _weights.PosePrior;
        loss.backward();
        var rate = preset.EncoderRate(picturesSeen);
        optimizers.Identity.Step(rate, largestNorm: 5, preset.EncoderWeightDecay);
        optimizers.Pose.Step(rate, largestNorm: 5, preset.EncoderWeightDecay);
        networks.UpdateIdentityAverage(preset.AverageDecay, step);
        networks.UpdatePoseAverage(preset.AverageDecay, step);
        return new Dictionary<string, double>
        {
            ["contrast"] = contrast.item<float>(),
            ["pose"] = steady.item<float>(),
            ["pose prior"] = prior.item<float>(),
        };
    }
}
