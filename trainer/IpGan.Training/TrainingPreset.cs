using System.Reflection;
using System.Text.Json;
using IpGan.Training.Networks;

namespace IpGan.Training;

/// <summary>How much each term of the loss counts. The terms are in <see cref="Pathways.Losses"/>.</summary>
public sealed record LossWeights
{
    /// <summary>Adversarial term of same-person pictures, G(I(a), P(a')).</summary>
    public double AdversarialSame { get; init; } = 0.3;

    /// <summary>Adversarial term of cross-person pictures, G(I(a), P(b)).</summary>
    public double AdversarialCross { get; init; } = 0.4;

    /// <summary>Adversarial term of pictures from the prior.</summary>
    public double AdversarialPrior { get; init; } = 0.3;

    /// <summary>Masked L1 to the recoloured a'.</summary>
    public double Reconstruction { get; init; } = 8;

    /// <summary>Feature distance to the recoloured a'.</summary>
    public double Features { get; init; } = 2;

    /// <summary>Identity consistency of cross-person pictures. Much of it paints what the encoder likes into the face.</summary>
    public double Identity { get; init; } = 0.2;

    /// <summary>Consistency through the recogniser, of same-person and cross-person pictures; where the run has one.</summary>
    public double Recogniser { get; init; } = 1.5;

    /// <summary>Pose consistency of cross-person pictures.</summary>
    public double Pose { get; init; } = 0.25;

    /// <summary>Recovery of both vectors in the generation pathway.</summary>
    public double Recovery { get; init; } = 0.1;

    /// <summary>R1; half of it times the lazy interval multiplies the penalty.</summary>
    public double R1 { get; init; } = 1;

    /// <summary>Margin softmax over the training people, in the joint phase and in updates; encoders that learn alone take half of the loss.</summary>
    public double Margin { get; init; } = 0.1;

    /// <summary>Telling pictures apart, where nothing is known of them, in the joint phase; alone, it counts in full.</summary>
    public double Contrast { get; init; } = 0.1;

    /// <summary>Distillation from the data set's descriptors.</summary>
    public double Teacher { get; init; } = 2;

    /// <summary>Telling what is taught of a picture from what is taught of others, while the encoders are trained alone.</summary>
    public double Ranking { get; init; } = 0.5;

    /// <summary>Side head on the angles.</summary>
    public double Angles { get; init; } = 2;

    /// <summary>How strongly P works against whoever guesses people, and the kind of picture, from pose vectors.</summary>
    public double Adversary { get; init; } = 0.3;

    /// <summary>Gaussian prior on pose vectors. Where neither it nor <see cref="Angles"/> nor <see cref="Adversary"/> counts, training the encoders alone leaves the pose encoder as it is.</summary>
    public double PosePrior { get; init; } = 0.5;

    /// <summary>True if the pose encoder learns while the encoders are trained alone.</summary>
    internal bool AsksPoseEncoder => Angles + Adversary + PosePrior > 0;
}

/// <summary>Everything that decides a run but the data and the machine.</summary>
public sealed record TrainingPreset
{
    /// <summary>What the run is called; as the file, where a file does not say.</summary>
    public string Name { get; init; } = "";

    /// <summary>Sizes of the networks.</summary>
    public NetworkSizes Sizes { get; init; } = new();

    /// <summary>What the run may know of its pictures.</summary>
    public Supervision Supervision { get; init; } = Supervision.IdentityAndPose;

    /// <summary>Trains one encoder into a space that is in use, on <see cref="EncoderPictures"/> pictures, and nothing else; null: a model of its own.</summary>
    public CompatibleUpdate? Into { get; init; }

    /// <summary>Triples (two pictures of one person, one of another) in a step: a multiple of 8.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Pictures in a step of the encoders alone: a multiple of 8.</summary>
    public int EncoderBatchSize { get; init; } = 32;

    /// <summary>Pictures that the encoders see alone before the generator joins.</summary>
    public long EncoderPictures { get; init; } = 500_000;

    /// <summary>Triples after which the run ends.</summary>
    public long Triples { get; init; } = 400_000;

    /// <summary>Triples of which the generator learns to reproduce a' alone, before the discriminator and the other pictures join.</summary>
    public long ReconstructionTriples { get; init; } = 40_000;

    /// <summary>Adam's step for generator and discriminator.</summary>
    public double LearningRate { get; init; } = 6e-4;

    /// <summary>Adam's step for the pose encoder in the joint phase; 0 leaves it as it is.</summary>
    public double PoseLearningRate { get; init; } = 6e-4;

    /// <summary>Adam's step for the encoders while they learn alone; falls to a tenth along a cosine.</summary>
    public double EncoderLearningRate { get; init; } = 1e-3;

    /// <summary>Weight decay of the encoders in the first phase, as a share of the step.</summary>
    public double EncoderWeightDecay { get; init; } = 0.05;

    /// <summary>Adam's step for the identity encoder once the generator has joined.</summary>
    public double IdentityLearningRate { get; init; } = 5e-5;

    /// <summary>Triples after <see cref="ReconstructionTriples"/> before the identity encoder follows the generator's gradients: until then they are noise.</summary>
    public long IdentityFrozenTriples { get; init; } = 20_000;

    /// <summary>Decay a step of the moving averages that are exported.</summary>
    public double AverageDecay { get; init; } = 0.998;

    /// <summary>
    /// The same for the generator in the joint phase, in [0, 1). There it circles around its best weights, and a long average lies in their middle
    /// (Yazıcı et al., "The Unusual Effectiveness of Averaging in GAN Training", ICLR 2019): 0.9995 covers 2,000 steps.
    /// </summary>
    public double JointAverageDecay { get; init; } = 0.9995;

    /// <summary>Deviation of the noise that is added to pose vectors on their way to the generator: a bottleneck.</summary>
    public double PoseNoise { get; init; } = 0.1;

    /// <summary>Steps between gradient penalties (lazy regularisation, StyleGAN2, section 3.1).</summary>
    public int R1Interval { get; init; } = 8;

    /// <summary>How often the person of a pair may have a single picture.</summary>
    public double SinglePictureShare { get; init; } = 0.3;

    /// <summary>Weights of the terms.</summary>
    public LossWeights Weights { get; init; } = new();

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Names of the presets that are built in.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(n => n.EndsWith(".json", StringComparison.Ordinal))
            .Select(n => n.Split('.')[^2]).Order()];

    /// <summary>A built-in preset by name, or one from a JSON file.</summary>
    /// <exception cref="ArgumentException">There is none, or it is broken; the message says what is wrong.</exception>
    public static TrainingPreset Load(string nameOrFile)
    {
        if (File.Exists(nameOrFile))
        {
            var own = Parse(File.ReadAllText(nameOrFile), nameOrFile);
            return own.Name.Length > 0 ? own : own with { Name = Path.GetFileNameWithoutExtension(nameOrFile) };
        }
        if (!BuiltIn.Contains(nameOrFile))
        {
            throw new ArgumentException($"There is no preset '{nameOrFile}'. Built in: {string.Join(", ", BuiltIn)}; or give a JSON file.");
        }
        var assembly = Assembly.GetExecutingAssembly();
        var resource = assembly.GetManifestResourceNames().Single(n => n.EndsWith($".{nameOrFile}.json", StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return Parse(reader.ReadToEnd(), nameOrFile);
    }

    /// <summary>Adam's step for the encoders while they learn alone, after so many pictures: from <see cref="EncoderLearningRate"/> to a tenth of it along a cosine.</summary>
    public double EncoderRate(long picturesSeen) =>
        EncoderLearningRate * (0.1 + 0.9 * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (double)picturesSeen / EncoderPictures))));

    /// <summary>Reads a preset from its JSON.</summary>
    /// <exception cref="ArgumentException">It is broken; the message says what is wrong in <paramref name="source"/>.</exception>
    public static TrainingPreset Parse(string json, string source)
    {
        try
        {
            var preset = JsonSerializer.Deserialize<TrainingPreset>(json, Json) ?? throw new JsonException("it is null.");
            preset.Validate();
            return preset;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new ArgumentException($"Preset '{source}' is not valid: {e.Message}", e);
        }
    }

    /// <summary>The preset as JSON, all values written out.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private void Validate()
    {
        Sizes.Validate();
        if (BatchSize is < 8 or > 1024 || BatchSize % 8 != 0)
        {
            throw new ArgumentException($"BatchSize is {BatchSize}; it must be a multiple of 8, 8 to 1024.");
        }
        if (EncoderBatchSize is < 8 or > 4096 || EncoderBatchSize % 8 != 0)
        {
            throw new ArgumentException($"EncoderBatchSize is {EncoderBatchSize}; it must be a multiple of 8, 8 to 4096.");
        }
        if (EncoderWeightDecay is < 0 or > 1)
        {
            throw new ArgumentException($"EncoderWeightDecay is {EncoderWeightDecay}; it must be 0 to 1.");
        }
        if (!(LearningRate > 0 && EncoderLearningRate > 0 && IdentityLearningRate >= 0 && PoseLearningRate >= 0))
        {
            throw new ArgumentException("LearningRate and EncoderLearningRate must be above 0, IdentityLearningRate and PoseLearningRate must not be negative.");
        }
        if (AverageDecay is < 0 or >= 1)
        {
            throw new ArgumentException($"AverageDecay is {AverageDecay}; it must be at least 0 and below 1.");
        }
        if (JointAverageDecay is < 0 or >= 1)
        {
            throw new ArgumentException($"JointAverageDecay is {JointAverageDecay}; it must be at least 0 and below 1.");
        }
        if (Triples < 0 || EncoderPictures < 0 || IdentityFrozenTriples < 0 || ReconstructionTriples < 0 || R1Interval < 1)
        {
            throw new ArgumentException("Triples, EncoderPictures, ReconstructionTriples and IdentityFrozenTriples must not be negative, R1Interval must be at least 1.");
        }
        if (PoseNoise < 0 || SinglePictureShare is < 0 or > 1)
        {
            throw new ArgumentException("PoseNoise must not be negative, SinglePictureShare must be 0 to 1.");
        }
    }
}
