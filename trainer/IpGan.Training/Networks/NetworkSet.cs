using TorchSharp;
using static TorchSharp.torch;

namespace IpGan.Training.Networks;

/// <summary>All networks of a run: the ones that learn, and the moving averages of those that are exported.</summary>
public sealed class NetworkSet : IDisposable
{
    /// <summary>Fresh networks; <paramref name="classes"/> is the number of people that the identity loss tells apart.</summary>
    public NetworkSet(NetworkSizes sizes, int classes, Device device)
    {
        sizes.Validate();
        Sizes = sizes;
        Device = device;
        Identity = new IdentityEncoder(sizes);
        Pose = new PoseEncoder(sizes);
        Generator = new Generator(sizes);
        Discriminator = new Discriminator(sizes);
        Margin = new MarginHead(sizes.IdentityDimension, classes);
        Adversary = new PoseAdversary(sizes.PoseDimension, classes);
        AverageIdentity = new IdentityEncoder(sizes);
        AveragePose = new PoseEncoder(sizes);
        AverageGenerator = new Generator(sizes);
        foreach (var (_, module) in All)
        {
            module.to(device);
        }
        foreach (var (average, source) in Averages)
        {
            average.load_state_dict(source.state_dict());
            average.eval();
            foreach (var parameter in average.parameters())
            {
                parameter.requires_grad_(false);
            }
        }
    }

    /// <summary>Whose names the margin and the adversary know (<see cref="Data.TrainingFaces.PeopleMark"/>); null where that is not known. A file that says it tells it.</summary>
    public string? People { get; set; }

    /// <summary>Whether angles taught the pose encoder's side head, so that it can read them; null where that is not known. A file that says it tells it.</summary>
    public bool? AnglesTaught { get; set; }

    /// <summary>Sizes of all networks.</summary>
    public NetworkSizes Sizes { get; }

    /// <summary>Where they live.</summary>
    public Device Device { get; }

    /// <summary>I.</summary>
    public IdentityEncoder Identity { get; }

    /// <summary>P.</summary>
    public PoseEncoder Pose { get; }

    /// <summary>G.</summary>
    public Generator Generator { get; }

    /// <summary>D.</summary>
    public Discriminator Discriminator { get; }

    /// <summary>The classes of the identity loss.</summary>
    public MarginHead Margin { get; }

    /// <summary>What guesses people from pose vectors.</summary>
    public PoseAdversary Adversary { get; }

    /// <summary>Moving average of I: judges pictures during training, and is exported.</summary>
    public IdentityEncoder AverageIdentity { get; }

    /// <summary>Moving average of P.</summary>
    public PoseEncoder AveragePose { get; }

    /// <summary>Moving average of G.</summary>
    public Generator AverageGenerator { get; }

    /// <summary>Every network with the name that it has in checkpoints.</summary>
    public IEnumerable<(string Name, nn.Module Module)> All =>
    [
        ("identity", Identity), ("pose", Pose), ("generator", Generator), ("discriminator", Discriminator), ("margin", Margin),
        ("adversary", Adversary),
        ("average.identity", AverageIdentity), ("average.pose", AveragePose), ("average.generator", AverageGenerator),
    ];

    private IEnumerable<(nn.Module Average, nn.Module Source)> Averages =>
        [(AverageIdentity, Identity), (AveragePose, Pose), (AverageGenerator, Generator)];

    /// <summary>
    /// Moves the average of I towards it: average = d · average + (1 − d) · network; statistics of batches are copied. d grows to
    /// <paramref name="decay"/> with the steps so far, or the average would long remember where the network started.
    /// </summary>
    public void UpdateIdentityAverage(double decay, long steps) => Update(AverageIdentity, Identity, decay, steps);

    /// <summary>As <see cref="UpdateIdentityAverage"/>, for P.</summary>
    public void UpdatePoseAverage(double decay, long steps) => Update(AveragePose, Pose, decay, steps);

    /// <summary>As <see cref="UpdateIdentityAverage"/>, for the generator.</summary>
    public void UpdateGeneratorAverage(double decay, long steps) => Update(AverageGenerator, Generator, decay, steps);

    private void Update(nn.Module average, nn.Module source, double decay, long steps)
    {
        decay = Math.Min(decay, (1.0 + steps) / (10.0 + steps));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        using var weight = tensor((float)(1 - decay), device: Device);
        foreach (var (a, s) in average.parameters().Zip(source.parameters()))
        {
            a.lerp_(s, weight);
        }
        foreach (var (a, s) in average.buffers().Zip(source.buffers()))
        {
            a.copy_(s);
        }
    }

    /// <summary>Sets the type that generator and discriminator compute in. The encoders compute in their input's type.</summary>
    public void SetPrecision(ScalarType precision)
    {
        Generator.Precision = precision;
        AverageGenerator.Precision = precision;
        Discriminator.Precision = precision;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var (_, module) in All)
        {
            module.Dispose();
        }
    }
}
