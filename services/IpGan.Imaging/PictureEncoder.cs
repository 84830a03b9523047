using System.Buffers;
using SkiaSharp;

namespace IpGan.Imaging;

/// <summary>Pixels → encoded picture. Safe to call from many threads.</summary>
public static unsafe class PictureEncoder
{
    /// <summary>The quality of JPEGs, unless told otherwise.</summary>
    public const int DefaultQuality = 90;

    /// <summary>A tensor as PNG.</summary>
    /// <param name="planes">3·size² numbers: float32 planar RGB, [3, size, size], in [−1, 1]; clamped, NaN is drawn as 0.</param>
    /// <param name="size">Pixels a side.</param>
    /// <exception cref="ArgumentException">The length does not fit the size.</exception>
    public static byte[] Png(ReadOnlySpan<float> planes, int size) => Encode(planes, size, SKEncodedImageFormat.Png, 100);

    /// <summary>A tensor as JPEG.</summary>
    /// <param name="planes">As for <see cref="Png"/>.</param>
    /// <param name="size">Pixels a side.</param>
    /// <param name="quality">1 to 100.</param>
    /// <exception cref="ArgumentException">The length does not fit the size, or the quality is outside its range.</exception>
    public static byte[] Jpeg(ReadOnlySpan<float> planes, int size, int quality = DefaultQuality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return Encode(planes, size, SKEncodedImageFormat.Jpeg, quality);
    }

    /// <summary>Bytes as PNG.</summary>
    /// <param name="rgb">3·width·height bytes, interleaved, row by row.</param>
    /// <param name="width">Pixels across.</param>
    /// <param name="height">Pixels down.</param>
    /// <exception cref="ArgumentException">The length does not fit the sides.</exception>
    public static byte[] PngRgb(ReadOnlySpan<byte> rgb, int width, int height) => EncodeRgb(rgb, width, height, SKEncodedImageFormat.Png, 100);

    private static byte[] Encode(ReadOnlySpan<float> planes, int size, SKEncodedImageFormat format, int quality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (planes.Length != 3L * size * size)
            throw new ArgumentException($"The tensor holds {planes.Length} numbers; [3, {size}, {size}] has {3L * size * size}.", nameof(planes));
        var rgb = ArrayPool<byte>.Shared.Rent(planes.Length);
        try
        {
            PlanarRgb.ToBytes(planes, rgb);
            return EncodeRgb(rgb.AsSpan(0, planes.Length), size, size, format, quality);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgb);
        }
    }

    private static byte[] EncodeRgb(ReadOnlySpan<byte> rgb, int width, int height, SKEncodedImageFormat format, int quality)
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
                using var data = pixmap.Encode(format, quality)
                    ?? throw new InvalidOperationException($"The {width}×{height} picture could not be encoded as {format}.");
                return data.ToArray();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }
}
