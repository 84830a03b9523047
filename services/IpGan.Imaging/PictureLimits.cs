namespace IpGan.Imaging;

/// <summary>How large a picture may be; checked before any pixel is decoded.</summary>
public sealed record PictureLimits
{
    /// <summary>The defaults: 20 MiB, 50 million pixels.</summary>
    public static PictureLimits Default { get; } = new();

    /// <summary>The largest encoded picture, in bytes. At least 1.</summary>
    public int MaxBytes { get; init; } = 20 * 1024 * 1024;

    /// <summary>The largest number of pixels, width times height. From 1 to 250 million.</summary>
    public int MaxPixels { get; init; } = 50_000_000;
}
