using System.Buffers;
using SkiaSharp;

namespace IpGan.Imaging;

/// <summary>Encoded picture → pixels. JPEG, PNG and WebP; limits are checked before pixels are decoded. Safe to call from many threads.</summary>
public static unsafe class PictureDecoder
{
    // 48 megapixels are 192 MB, and as many again while they are turned: such pictures are decoded one at a time.
    private const int LargeBytes = 48 * 1024 * 1024;
    private static readonly Lock Large = new();

    /// <summary>What shows through transparent pixels.</summary>
    private const int Grey = 128;

    /// <summary>Reads the header only, and checks the limits.</summary>
    /// <param name="content">The encoded picture.</param>
    /// <param name="limits">Default: <see cref="PictureLimits.Default"/>.</param>
    /// <exception cref="PictureException">Empty, no picture, of a type that is not read, or too large.</exception>
    public static PictureInfo ReadInfo(ReadOnlyMemory<byte> content, PictureLimits? limits = null)
    {
        var format = Check(content, limits ??= PictureLimits.Default);
        using var pin = content.Pin();
        using var codec = Open(pin, content.Length, format);
        return Describe(codec, format, limits);
    }

    /// <summary>
    /// Decodes every pixel, or as few as serve the purpose: a large JPEG of which only a small square is needed is decoded at 1/2, 1/4 or 1/8.
    /// </summary>
    /// <param name="content">The encoded picture.</param>
    /// <param name="limits">Default: <see cref="PictureLimits.Default"/>.</param>
    /// <param name="leastScale">Given the header, the smallest <see cref="Picture.Scale"/> that will do. May throw
    /// <see cref="PictureException"/> to refuse the picture before any pixel is decoded. Null: full size.</param>
    /// <returns>A picture for the caller to dispose.</returns>
    /// <exception cref="PictureException">Empty, no picture, of a type that is not read, too large, damaged or truncated.</exception>
    public static Picture Decode(ReadOnlyMemory<byte> content, PictureLimits? limits = null, Func<PictureInfo, float>? leastScale = null)
    {
        var format = Check(content, limits ??= PictureLimits.Default);
        using var pin = content.Pin();
        using var codec = Open(pin, content.Length, format);
        var info = Describe(codec, format, limits);
        var least = leastScale?.Invoke(info) ?? 1;
        var (size, scale) = format == PictureFormat.Jpeg ? Reduce(codec, least) : (codec.Info.Size, 1f);

        var bytes = size.Width * size.Height * 4;
        if (bytes < LargeBytes)
            return DecodePixels(codec, info, size, scale);
        lock (Large)
            return DecodePixels(codec, info, size, scale);
    }

    private static Picture DecodePixels(SKCodec codec, PictureInfo info, SKSizeI size, float scale)
    {
        var pixels = PixelMemory.Rent(size.Width * size.Height * 4);
        try
        {
            DecodePixels(codec, size, pixels);
            var turned = Orientation.Apply(codec.EncodedOrigin, pixels, size.Width, size.Height);
            if (!ReferenceEquals(turned, pixels))
                PixelMemory.Return(pixels);
            var swap = Orientation.SwapsSides(codec.EncodedOrigin);
            var picture = new Picture(info, turned, swap ? size.Height : size.Width, swap ? size.Width : size.Height, scale);
            pixels = null;
            return picture;
        }
        finally
        {
            if (pixels is not null)
                PixelMemory.Return(pixels);
        }
    }

    /// <summary>The <see cref="Picture.Scale"/> that a picture is decoded at when <paramref name="least"/> will do.</summary>
    internal static float ScaleFor(PictureFormat format, float least)
    {
        for (var divisor = 8; format == PictureFormat.Jpeg && divisor > 1; divisor /= 2)
        {
            if (1f / divisor >= least)
                return 1f / divisor;
        }
        return 1;
    }

    private static PictureFormat Check(ReadOnlyMemory<byte> content, PictureLimits limits)
    {
        if (content.Length > limits.MaxBytes)
            throw new PictureException($"The picture has {content.Length:N0} bytes; at most {limits.MaxBytes:N0} are accepted.");
        return PictureFormats.Detect(content.Span);
    }

    private static SKCodec Open(MemoryHandle pin, int length, PictureFormat format)
    {
        using var data = SKData.Create((nint)pin.Pointer, length);
        using var stream = new SKMemoryStream(data);
        return SKCodec.Create(stream, out var result) ?? throw Damaged(format, result, "header");
    }

    private static PictureInfo Describe(SKCodec codec, PictureFormat format, PictureLimits limits)
    {
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > limits.MaxPixels)
            throw new PictureException(
                $"The picture is {width}×{height} = {(long)width * height:N0} pixels; at most {limits.MaxPixels:N0} are accepted.");
        return Orientation.SwapsSides(codec.EncodedOrigin) ? new(format, height, width) : new(format, width, height);
    }

    /// <summary>The smallest of 1, 1/2, 1/4, 1/8 that is not below <paramref name="least"/> and that the codec can decode at.</summary>
    private static (SKSizeI Size, float Scale) Reduce(SKCodec codec, float least)
    {
        var full = codec.Info.Size;
        for (var divisor = 8; divisor > 1; divisor /= 2)
        {
            var expected = new SKSizeI((full.Width + divisor - 1) / divisor, (full.Height + divisor - 1) / divisor);
            if (1f / divisor >= least && codec.GetScaledDimensions(1f / divisor) == expected)
                return (expected, 1f / divisor);
        }
        return (full, 1);
    }

    private static void DecodePixels(SKCodec codec, SKSizeI size, byte[] pixels)
    {
        var opaque = codec.Info.AlphaType == SKAlphaType.Opaque;
        // No colour space: the codec then hands out colours as they are stored.
        var target = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul, null);
        fixed (byte* address = pixels)
        {
            var result = codec.GetPixels(target, (nint)address);
            if (result != SKCodecResult.Success)
                throw Damaged(codec.EncodedFormat.ToString().ToUpperInvariant(), result, "pixels");
        }
        if (!opaque)
            LayOntoGrey(pixels.AsSpan(0, size.Width * size.Height * 4));
    }

    private static void LayOntoGrey(Span<byte> pixels)
    {
        for (var i = 0; i < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha == 255)
                continue;
            for (var c = i; c < i + 3; c++)
                pixels[c] = (byte)((pixels[c] * alpha + Grey * (255 - alpha) + 127) / 255);
        }
    }

    private static PictureException Damaged(PictureFormat format, SKCodecResult result, string part) =>
        Damaged(format.ToString().ToUpperInvariant(), result, part);

    private static PictureException Damaged(string format, SKCodecResult result, string part) => result switch
    {
        SKCodecResult.IncompleteInput => new($"The {format} picture is truncated: its {part} end early; send the complete file."),
        _ => new($"The {format} picture is damaged: its {part} cannot be decoded ({result}); send an intact file."),
    };
}
