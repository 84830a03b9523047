using IpGan.Training.Data;
using IpGan.Training.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// The first phase: the encoders alone, from labels. Hours of the generator's compute are saved when it starts with encoders that already
/// know who and how.
/// </summary>
public sealed class EncoderStep(NetworkSet networks, TrainingPreset preset, ScalarType precision, Optimizers optimizers, TrainingFaces faces) : IDisposable
{
    // Teacher vectors that a picture's own is told from: in a step, and to choose them from.
    private const int Others = 4096;
    private const int Pool = 32768;

    private readonly LossWeights _weights = preset.Weights;
    private readonly Tensor? _taught = Taught(networks, faces);
    private readonly SharedTrunk _identity = new(networks.Identity.Trunk, IdentityEncoder.CreateTrunk(networks.Sizes).to(networks.Device), networks.Device);
    private readonly SharedTrunk _pose = new(networks.Pose.Trunk, PoseEncoder.CreateTrunk(networks.Sizes).to(networks.Device), networks.Device);

    /// <summary>One step on a batch; returns the terms of the loss by name.</summary>
    public Dictionary<string, double> Run(EncoderViews views, long picturesSeen, long step)
    {
        var batch = views.Faces;
        using var scope = NewDisposeScope();
        networks.Identity.train();
        networks.Pose.train();
        optimizers.Identity.ZeroGradients();
        optimizers.Margin.ZeroGradients();
        optimizers.Pose.ZeroGradients();
        optimizers.Adversary.ZeroGradients();

        var rate = preset.EncoderRate(picturesSeen);
        var terms = new Dictionary<string, double>();
        TrainIdentity(views.Identity, batch, rate, step, terms);
        networks.UpdateIdentityAverage(preset.AverageDecay, step);
        if (views.Pose is { } pose)
        {
            TrainPose(pose, batch, rate, terms);
            networks.UpdatePoseAverage(preset.AverageDecay, step);
        }
        return terms;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _taught?.Dispose();
        _identity.Dispose();
        _pose.Dispose();
    }

    // Drawn from a seed of its own: a run that goes on meets the same ones.
    private static Tensor? Taught(NetworkSet networks, TrainingFaces faces) => faces.HasTeachers
        ? tensor(faces.DrawTeachers(new Random(15), Pool), device: networks.Device).view(-1, TrainingFaces.TeacherDimension).DetachFromDisposeScope()
        : null;

    private Tensor OthersOf(long step)
    {
        var start = new Random((int)step).NextInt64(Math.Max(1, _taught!.shape[0] - Others + 1));
        return _taught.narrow(0, start, Math.Min(Others, _taught.shape[0]));
    }

    private void TrainIdentity(Tensor view, FaceBatch batch, double rate, long step, Dictionary<string, double> terms)
    {
        using var scope = NewDisposeScope();
        _identity.Learn(view.to(precision), Loss);
        optimizers.Identity.Step(rate, largestNorm: 5, preset.EncoderWeightDecay);
        optimizers.Margin.Step(rate * 5);

        Tensor Loss(Tensor features)
        {
            var identity = IdentityEncoder.Unit(networks.Identity.Answer(features));
            var margin = Losses.Margin(networks.Margin, identity, batch.Labels);
            var teacher = Losses.Teacher(identity, batch);
            terms["margin"] = margin.item<float>();
            terms["teacher"] = teacher.item<float>();
            // Alone, the margin may count more than later, when it would pull the identity space away from the generator.
            var loss = margin * 0.5 + teacher * _weights.Teacher;
            if (_taught is not null && batch.AnyTeacher && _weights.Ranking > 0)
            {
                var ranking = Losses.Ranking(identity, batch.Teachers, batch.HasTeacher, OthersOf(step));
                terms["ranking"] = ranking.item<float>();
                loss = loss + ranking * _weights.Ranking;
            }
            return loss;
        }
    }

    private void TrainPose(Tensor view, FaceBatch batch, double rate, Dictionary<string, double> terms)
    {
        using var scope = NewDisposeScope();
        _pose.Learn(PoseEncoder.NormalisedGrey(view.to(precision)), Loss);
        optimizers.Pose.Step(rate, largestNorm: 5, preset.EncoderWeightDecay);
        optimizers.Adversary.Step(preset.EncoderLearningRate);

        Tensor Loss(Tensor features)
        {
            var pose = networks.Pose.Answer(features);
            var angles = Losses.Angles(networks.Pose.Angles(pose), batch);
            var prior = Losses.PosePrior(pose);
            var adversary = Losses.Adversary(networks.Adversary, pose, batch.Labels, batch.MixedIn, _weights.Adversary);
            terms["angles"] = angles.item<float>();
            terms["pose prior"] = prior.item<float>();
            terms["adversary"] = adversary.item<float>();
            return angles * _weights.Angles + prior * _weights.PosePrior + adversary;
        }
    }

    /// <summary>What the identity encoder sees in training: another crop and tilt, light and camera, and something in front of the face.</summary>
    internal static Tensor IdentityView(Tensor pictures, torch.Generator? random = null)
    {
        var seen = Augmentation.Warp(Augmentation.Glasses(pictures, 0.08, random), degrees: 8, zoom: 0.08, shift: 0.04, random, tilt: 30);
        seen = Augmentation.Colour(seen, 0.4, greyShare: 0.2, random);
        return Augmentation.Erase(Augmentation.Camera(seen, random), 0.35, random);
    }

    /// <summary>Views of pictures [N, 3, S, S] and of their mirror images: [2·N, 3, S, S]. Each half for itself, as what augmentation does depends on the place.</summary>
    internal static Tensor IdentityViews(Tensor pictures) => cat([IdentityView(pictures), IdentityView(pictures.flip(3))], 0);

    /// <summary>What the pose encoder sees in training: another light and a slightly shifted crop, never turned.</summary>
    internal static Tensor PoseView(Tensor pictures, torch.Generator? random = null) =>
        Augmentation.Colour(Augmentation.Warp(pictures, degrees: 0, zoom: 0.03, shift: 0.015, random), 0.5, random: random);
}
