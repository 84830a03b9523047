namespace IpGan.Training.Tests;

/// <summary>Networks so small that a step takes milliseconds, and a run of both phases a second.</summary>
internal static class TinyPreset
{
    public static TrainingPreset Value { get; } = new()
    {
        Name = "tiny",
        Sizes = new()
        {
            ImageSize = 32,
            IdentityDimension = 16,
            PoseDimension = 4,
            StyleDimension = 32,
            IdentityChannels = new Dictionary<int, int> { [16] = 16, [8] = 16, [4] = 16 },
            PoseChannels = new Dictionary<int, int> { [16] = 16, [8] = 16, [4] = 16 },
            GeneratorChannels = new Dictionary<int, int> { [32] = 8, [16] = 8, [8] = 8, [4] = 8 },
            DiscriminatorChannels = new Dictionary<int, int> { [32] = 16, [16] = 16, [8] = 16, [4] = 16 },
        },
        BatchSize = 8,
        EncoderBatchSize = 16,
        EncoderPictures = 48,
        Triples = 48,
        IdentityFrozenTriples = 16,
        ReconstructionTriples = 8,
        R1Interval = 2,
    };
}
