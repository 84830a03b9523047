namespace IpGan.Training.Networks;

/// <summary>How big the networks are. The picture size decides how many resolutions each network has.</summary>
public sealed record NetworkSizes
{
    /// <summary>Pixels a side of the square picture: a power of two, 32 to 256.</summary>
    public int ImageSize { get; init; } = 64;

    /// <summary>Numbers in an identity vector.</summary>
    public int IdentityDimension { get; init; } = 128;

    /// <summary>Numbers in a pose vector: so few that identity cannot hide in them.</summary>
    public int PoseDimension { get; init; } = 8;

    /// <summary>Channels of the identity encoder by resolution.</summary>
    public IReadOnlyDictionary<int, int> IdentityChannels { get; init; } =
        new Dictionary<int, int> { [64] = 32, [32] = 48, [16] = 96, [8] = 192, [4] = 256 };

    /// <summary>Channels of the pose encoder by resolution.</summary>
    public IReadOnlyDictionary<int, int> PoseChannels { get; init; } =
        new Dictionary<int, int> { [64] = 16, [32] = 32, [16] = 64, [8] = 96, [4] = 128 };

    /// <summary>Channels of the generator by resolution.</summary>
    public IReadOnlyDictionary<int, int> GeneratorChannels { get; init; } =
        new Dictionary<int, int> { [256] = 8, [128] = 16, [64] = 32, [32] = 64, [16] = 128, [8] = 192, [4] = 256 };

    /// <summary>Channels of the discriminator by resolution.</summary>
    public IReadOnlyDictionary<int, int> DiscriminatorChannels { get; init; } =
        new Dictionary<int, int> { [256] = 16, [128] = 16, [64] = 32, [32] = 64, [16] = 128, [8] = 256, [4] = 256 };

    /// <summary>Numbers in the style vector that modulates the generator.</summary>
    public int StyleDimension { get; init; } = 256;

    /// <summary>Throws <see cref="ArgumentException"/> with what is wrong and what would be right.</summary>
    public void Validate()
    {
        if (ImageSize is < 32 or > 256 || (ImageSize & (ImageSize - 1)) != 0)
        {
            throw new ArgumentException($"ImageSize is {ImageSize}; it must be 32, 64, 128 or 256.");
        }
        if (IdentityDimension is < 16 or > 1024)
        {
            throw new ArgumentException($"IdentityDimension is {IdentityDimension}; it must be 16 to 1024.");
        }
        if (PoseDimension is < 3 or > 64)
        {
            throw new ArgumentException($"PoseDimension is {PoseDimension}; it must be 3 to 64.");
        }
        if (StyleDimension is < 1 or > 4096)
        {
            throw new ArgumentException($"StyleDimension is {StyleDimension}; it must be 1 to 4096.");
        }
        var first = ResidualTrunk.FirstResolution(ImageSize);
        // With AVX-512 and other counts than multiples of 16, oneDNN's gradient of a strided float32 convolution reads beyond its weights (libtorch 2.10): noise, or NaN.
        foreach (var (name, channels, largest, strided) in new[]
        {
            (nameof(IdentityChannels), IdentityChannels, first, first), (nameof(PoseChannels), PoseChannels, first, first),
            (nameof(GeneratorChannels), GeneratorChannels, ImageSize, 0), (nameof(DiscriminatorChannels), DiscriminatorChannels, ImageSize, ImageSize),
        })
        {
            for (var resolution = 4; resolution <= largest; resolution *= 2)
            {
                if (!channels.TryGetValue(resolution, out var count) || count < 1)
                {
                    throw new ArgumentException($"{name} says nothing of resolution {resolution}, which pictures of {ImageSize} px need.");
                }
                if (resolution <= strided && count % 16 != 0)
                {
                    throw new ArgumentException($"{name} is {count} at resolution {resolution}; it must be a multiple of 16 there.");
                }
            }
        }
    }
}
