using System.Buffers;
using SkiaSharp;

namespace IpGan.Imaging;

/// <summary>Pixels → encoded picture. Safe to call from many threads.</summary>
public static unsafe class PictureEncoder
{
    /// <summary>The quality of JPEGs, unless told otherwise.</summary>
    public const int DefaultQuality = 90;

    /// <summary>The smallest and the largest side that pictures are resampled to.</summary>
    public const int MinSide = 16, MaxSide = 1024;

    // Skia's own choice tries every filter on every row and packs hard: five times as long for an eighth less (128 px, tests/IpGan.HotPath.Benchmarks).
    private static readonly SKPngEncoderOptions Png = new(SKPngEncoderFilterFlags.Paeth, zLibLevel: 2);

    /// <summary>A tensor as an encoded picture.</summary>
    /// <param name="planes">3·size² numbers: float32 planar RGB, [3, size, size], in [−1, 1]; clamped, NaN is drawn as 0.</param>
    /// <param name="size">Pixels a side.</param>
    /// <param name="format">The encoding.</param>
    /// <param name="quality">Of JPEG and WebP: 1 to 100.</param>
    /// <param name="side">Pixels a side of the encoded picture, <see cref="MinSide"/> to <see cref="MaxSide"/>, resampled bicubically (Mitchell and Netravali,
    /// SIGGRAPH 1988, B = C = 1/3) from the tensor; 0: <paramref name="size"/>.</param>
    /// <exception cref="ArgumentException">The length does not fit the size, or the quality or the side is outside its range.</exception>
    public static byte[] Encode(ReadOnlySpan<float> planes, int size, PictureFormat format, int quality = DefaultQuality, int side = 0)
    {
        CheckQuality(quality);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (side != 0 && side is < MinSide or > MaxSide)
            throw new ArgumentOutOfRangeException(nameof(side), side, $"A side is {MinSide} to {MaxSide} pixels.");
        if (planes.Length != 3L * size * size)
            throw new ArgumentException($"The tensor holds {planes.Length} numbers; [3, {size}, {size}] has {3L * size * size}.", nameof(planes));
        var rgb = ArrayPool<byte>.Shared.Rent(planes.Length);
        try
        {
            PlanarRgb.ToBytes(planes, rgb);
            return EncodeRgb(rgb.AsSpan(0, planes.Length), size, size, Skia(format), quality, side);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgb);
        }
    }

    /// <summary>Bytes as PNG.</summary>
    /// <param name="rgb">3·width·height bytes, interleaved, row by row.</param>
    /// <param name="width">Pixels across.</param>
    /// <param name="height">Pixels down.</param>
    /// <exception cref="ArgumentException">The length does not fit the sides.</exception>
    public static byte[] PngRgb(ReadOnlySpan<byte> rgb, int width, int height) => EncodeRgb(rgb, width, height, SKEncodedImageFormat.Png, 100);

    /// <summary>Bytes as JPEG.</summary>
    /// <param name="rgb">As for <see cref="PngRgb"/>.</param>
    /// <param name="width">Pixels across.</param>
    /// <param name="height">Pixels down.</param>
    /// <param name="quality">1 to 100.</param>
    /// <exception cref="ArgumentException">The length does not fit the sides, or the quality is outside its range.</exception>
    public static byte[] JpegRgb(ReadOnlySpan<byte> rgb, int width, int height, int quality = DefaultQuality)
    {
        CheckQuality(quality);
        return EncodeRgb(rgb, width, height, SKEncodedImageFormat.Jpeg, quality);
    }

    private static void CheckQuality(int quality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
    }

    private static SKEncodedImageFormat Skia(PictureFormat format) => format switch
    {
        PictureFormat.Jpeg => SKEncodedImageFormat.Jpeg,
        PictureFormat.Png => SKEncodedImageFormat.Png,
        PictureFormat.Webp => SKEncodedImageFormat.Webp,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such encoding."),
    };

    private static byte[] EncodeRgb(ReadOnlySpan<byte> rgb, int width, int height, SKEncodedImageFormat format, int quality, int side = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (rgb.Length != 3L * width * height)
            throw new ArgumentException($"There are {rgb.Length} bytes; {width}×{height} RGB has {3L * width * height}.", nameof(rgb));
        var pixels = ArrayPool<byte>.Shared.Rent(width * height * 4);
        try
        {
            for (var i = 0; i < width * height; i++)
            {
                rgb.Slice(3 * i, 3).CopyTo(pixels.AsSpan(4 * i));
                pixels[4 * i + 3] = 255;
            }
            fixed (byte* address = pixels)
            {
                var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque, null);
                using var pixmap = new SKPixmap(info, (nint)address);
                if (side is 0 || (side == width && side == height))
                    return Encode(pixmap, format, quality);
                using var resampled = new SKBitmap(info.WithSize(side, side));
                using var target = resampled.PeekPixels();
                return pixmap.ScalePixels(target, new SKSamplingOptions(SKCubicResampler.Mitchell))
                    ? Encode(target, format, quality)
                    : throw new InvalidOperationException($"The {width}×{height} picture could not be resampled to {side}×{side}.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    private static byte[] Encode(SKPixmap pixmap, SKEncodedImageFormat format, int quality)
    {
        using var data = (format == SKEncodedImageFormat.Png ? pixmap.Encode(Png) : pixmap.Encode(format, quality))
            ?? throw new InvalidOperationException($"The {pixmap.Width}×{pixmap.Height} picture could not be encoded as {format}.");
        return data.ToArray();
    }
}
