using System.Buffers.Binary;
using System.IO.Hashing;
using IpGan.Imaging;
using SkiaSharp;

namespace IpGan.Testing;

/// <summary>Pictures made in code.</summary>
public static class Pictures
{
    /// <summary>A picture whose pixels are a function of their place.</summary>
    public static byte[] Encode(
        int width, int height, Func<int, int, SKColor> color, SKEncodedImageFormat format = SKEncodedImageFormat.Png, int quality = 100)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, color(x, y));
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>Smooth colours, so that lossy encodings keep them.</summary>
    public static SKColor Smooth(int x, int y, int width, int height) =>
        new((byte)(255 * x / width), (byte)(255 * y / height), (byte)(127 + 100 * Math.Sin((x + y) * 6.0 / width)));

    public static byte[] Photo(int width, int height, SKEncodedImageFormat format, int quality = 90) =>
        Encode(width, height, (x, y) => Smooth(x, y, width, height), format, quality);

    /// <summary>The JPEG with an EXIF segment that holds nothing but the orientation.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, (byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0,
            (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }

    public static (byte R, byte G, byte B) Pixel(Picture picture, int x, int y)
    {
        var pixel = picture.Pixels.Slice(4 * (y * picture.PixelWidth + x), 4);
        return (pixel[0], pixel[1], pixel[2]);
    }

    public static Picture Decode(int width, int height, Func<int, int, SKColor> color) => PictureDecoder.Decode(Encode(width, height, color));

    /// <summary>A square picture with fewer pixels.</summary>
    public static Picture Shrink(byte[] picture, int side)
    {
        var rgb = new byte[3 * side * side];
        FaceSquare.ReadRgb(picture, null, side, rgb);
        return PictureDecoder.Decode(PictureEncoder.PngRgb(rgb, side, side));
    }

    /// <summary>A square photo, another for each seed.</summary>
    public static byte[] Square(int seed, int side = 48, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        var random = new Random(seed);
        var (a, b, c) = (random.NextDouble() * 9, random.NextDouble() * 9, random.NextDouble() * 9);
        byte Wave(double phase, int x, int y) => (byte)(127 + 120 * Math.Sin(phase + (phase * x - b * y) / side));
        return Encode(side, side, (x, y) => new SKColor(Wave(a, x, y), Wave(b, x, y), Wave(c, x, y)), format, 90);
    }

    /// <summary>A few bytes that say they are a PNG of this size.</summary>
    public static byte[] PngOfSize(int width, int height)
    {
        byte[] header = [.. "IHDR"u8, .. new byte[8], 8, 2, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(8), height);
        byte[] data = [.. "IDAT"u8, 0x78, 0x9C, 0x03, 0, 0, 0, 0, 1];
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk(header), .. Chunk(data), .. Chunk([.. "IEND"u8])];

        static byte[] Chunk(byte[] typeAndData)
        {
            var (length, check) = (new byte[4], new byte[4]);
            BinaryPrimitives.WriteInt32BigEndian(length, typeAndData.Length - 4);
            BinaryPrimitives.WriteUInt32BigEndian(check, Crc32.HashToUInt32(typeAndData));
            return [.. length, .. typeAndData, .. check];
        }
    }

    /// <summary>Pictures that must be refused, each with words that the message must hold.</summary>
    public static IEnumerable<(byte[] Content, string Message)> Unusable()
    {
        yield return ([], "empty");
        yield return ([.. "GIF89a"u8, .. new byte[50]], "GIF");
        yield return ([.. "hello, this is text"u8], "not a picture");
        yield return (Square(1, 200)[..1500], "truncated");
        yield return (Square(1, 200, SKEncodedImageFormat.Jpeg)[..1500], "truncated");
        yield return (PngOfSize(60000, 60000), "60000×60000");
        yield return ([.. PngOfSize(16, 16), .. new byte[21 << 20]], "bytes");
        yield return (Photo(60, 59, SKEncodedImageFormat.Jpeg), "60×59");
    }
}
