using CsCheck;
using SkiaSharp;

namespace IpGan.Imaging.Tests;

public sealed class PictureDecoderTests
{
    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, PictureFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png, PictureFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp, PictureFormat.Webp)]
    public void Supported_type_is_decoded_to_its_colours(SKEncodedImageFormat encoding, PictureFormat format)
    {
        var content = Pictures.Photo(60, 40, encoding, 95);

        Assert.Equal(new PictureInfo(format, 60, 40), PictureDecoder.ReadInfo(content));
        using var picture = PictureDecoder.Decode(content);
        Assert.Equal((format, 60, 40, 1f), (picture.Info.Format, picture.Width, picture.Height, picture.Scale));
        foreach (var (x, y) in new[] { (5, 5), (30, 20), (55, 35) })
        {
            var (r, g, b) = Pictures.Pixel(picture, x, y);
            var expected = Pictures.Smooth(x, y, 60, 40);
            Assert.InRange(r, expected.Red - 8, expected.Red + 8);
            Assert.InRange(g, expected.Green - 8, expected.Green + 8);
            Assert.InRange(b, expected.Blue - 8, expected.Blue + 8);
        }
    }

    [Fact]
    public void Png_is_decoded_exactly()
    {
        using var picture = Pictures.Decode(17, 9, (x, y) => new SKColor((byte)(x * 15), (byte)(y * 28), (byte)(x * y)));

        for (var y = 0; y < 9; y++)
            for (var x = 0; x < 17; x++)
                Assert.Equal(((byte)(x * 15), (byte)(y * 28), (byte)(x * y)), Pictures.Pixel(picture, x, y));
    }

    [Theory]
    [InlineData(0, 128)]
    [InlineData(255, 200)]
    [InlineData(128, 164)]
    public void Transparency_shows_grey(byte alpha, byte expected)
    {
        using var picture = Pictures.Decode(3, 3, (_, _) => new SKColor(200, 200, 200, alpha));

        Assert.Equal((expected, expected, expected), Pictures.Pixel(picture, 1, 1));
    }

    [Fact]
    public void Grey_jpeg_is_decoded_to_three_equal_channels()
    {
        using var grey = new SKBitmap(16, 16, SKColorType.Gray8, SKAlphaType.Opaque);
        grey.Erase(new SKColor(90, 90, 90));
        using var data = grey.Encode(SKEncodedImageFormat.Jpeg, 95);

        using var picture = PictureDecoder.Decode(data.ToArray());

        var (r, g, b) = Pictures.Pixel(picture, 8, 8);
        Assert.Equal((r, r), (g, b));
        Assert.InRange(r, 88, 92);
    }

    // Where the stored upper left corner is shown, for the eight orientations of EXIF.
    [Theory]
    [InlineData(1, false, false, false)]
    [InlineData(2, true, false, false)]
    [InlineData(3, true, true, false)]
    [InlineData(4, false, true, false)]
    [InlineData(5, false, false, true)]
    [InlineData(6, true, false, true)]
    [InlineData(7, true, true, true)]
    [InlineData(8, false, true, true)]
    public void Exif_orientation_is_honoured(byte orientation, bool right, bool bottom, bool swapped)
    {
        // Red where stored x and y are small, blue where y is large, green where x is large.
        var jpeg = Pictures.Encode(48, 32, (x, y) => y >= 16 ? SKColors.Blue : x < 24 ? SKColors.Red : SKColors.Lime, SKEncodedImageFormat.Jpeg);

        var content = Pictures.WithOrientation(jpeg, orientation);
        using var picture = PictureDecoder.Decode(content);

        Assert.Equal(swapped ? (32, 48) : (48, 32), (picture.Width, picture.Height));
        Assert.Equal((picture.Width, picture.Height), (picture.PixelWidth, picture.PixelHeight));
        Assert.Equal(picture.Info, PictureDecoder.ReadInfo(content));
        var (nearX, farX) = right ? (picture.Width - 4, 3) : (3, picture.Width - 4);
        var (nearY, farY) = bottom ? (picture.Height - 4, 3) : (3, picture.Height - 4);
        Assert.Equal("red", Name(Pictures.Pixel(picture, nearX, nearY)));
        Assert.Equal(swapped ? "blue" : "green", Name(Pictures.Pixel(picture, farX, nearY)));
        Assert.Equal(swapped ? "green" : "blue", Name(Pictures.Pixel(picture, nearX, farY)));
        Assert.Equal("blue", Name(Pictures.Pixel(picture, farX, farY)));

        static string Name((byte R, byte G, byte B) c) => c switch
        {
            ( > 180, < 80, < 80) => "red",
            ( < 80, > 180, < 80) => "green",
            ( < 80, < 80, > 180) => "blue",
            _ => c.ToString(),
        };
    }

    [Fact]
    public void Empty_is_refused()
    {
        var error = Assert.Throws<PictureException>(() => PictureDecoder.Decode(ReadOnlyMemory<byte>.Empty));
        Assert.Contains("empty", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GIF89a\u0001\0\u0001\0\0\0\0;", "GIF")]
    [InlineData("%PDF-1.7", "PDF")]
    [InlineData("<svg xmlns=\"\"/>", "SVG")]
    [InlineData("II*\0........", "TIFF")]
    [InlineData("BM..............................", "BMP")]
    [InlineData("\0\0\0 ftypavif....", "AVIF")]
    [InlineData("\0\0\0 ftypheic....", "HEIF")]
    [InlineData("RIFF....WAVEfmt ", "not a picture")]
    [InlineData("hello, this is text", "not a picture")]
    public void Other_types_are_refused_by_name(string content, string named)
    {
        var error = Assert.Throws<PictureException>(() => PictureDecoder.Decode(System.Text.Encoding.Latin1.GetBytes(content)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("JPEG, PNG or WebP", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_bytes_are_refused()
    {
        var content = Pictures.Photo(32, 32, SKEncodedImageFormat.Png);
        var limits = new PictureLimits { MaxBytes = content.Length - 1 };

        var error = Assert.Throws<PictureException>(() => PictureDecoder.Decode(content, limits));
        Assert.Contains($"{content.Length:N0} bytes", error.Message, StringComparison.Ordinal);
        using var picture = PictureDecoder.Decode(content, limits with { MaxBytes = content.Length });
        Assert.Equal(32, picture.Width);
    }

    [Fact]
    public void Too_many_pixels_are_refused_before_they_are_decoded()
    {
        // Only a header: decoding it would fail with another message.
        var content = Pictures.Photo(100, 80, SKEncodedImageFormat.Png)[..60];

        var error = Assert.Throws<PictureException>(() => PictureDecoder.Decode(content, new PictureLimits { MaxPixels = 7999 }));
        Assert.Contains("100×80", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<PictureException>(() => PictureDecoder.Decode(content, new PictureLimits { MaxPixels = 8000 }));
        Assert.DoesNotContain("100×80", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Truncated_picture_is_refused_wherever_it_ends(SKEncodedImageFormat encoding)
    {
        // Noise, so that the last pixels need the last bytes; the trailer (end marker, checksum) may be missing.
        var random = new Random(5);
        var content = Pictures.Encode(
            64, 64, (_, _) => new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)), encoding, 90);

        for (var length = 1; length < content.Length - 40; length += 1 + length / 40)
            Assert.Throws<PictureException>(() => PictureDecoder.Decode(content.AsMemory(0, length)));
        var error = Assert.Throws<PictureException>(() => PictureDecoder.Decode(content.AsMemory(0, content.Length / 2)));
        Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Mutated_bytes_give_a_picture_or_a_picture_exception(SKEncodedImageFormat encoding)
    {
        var original = Pictures.Photo(40, 30, encoding, 80);
        var limits = new PictureLimits { MaxPixels = 1_000_000 };
        var mutations = Gen.Select(Gen.Int[0, original.Length - 1], Gen.Byte).Array[1, 12];

        Gen.Select(mutations, Gen.Int[0, original.Length]).Sample((changes, length) =>
        {
            var content = original[..Math.Max(1, length)];
            foreach (var (place, value) in changes)
                content[place % content.Length] = value;
            Survives(content, limits);
            content = [.. original];
            foreach (var (place, value) in changes)
                content[place] = value;
            Survives(content, limits);
        }, iter: 1500);

        static void Survives(byte[] content, PictureLimits limits)
        {
            try
            {
                using var picture = PictureDecoder.Decode(content, limits, _ => 0.3f);
                Assert.True(picture.Width * picture.Height <= limits.MaxPixels);
            }
            catch (PictureException error)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }

    [Fact]
    public void Random_bytes_give_a_picture_exception() =>
        Gen.Byte.Array[0, 200].Sample(content => Assert.Throws<PictureException>(() => PictureDecoder.Decode(content)), iter: 2000);

    [Theory]
    [InlineData(1, 1f)]
    [InlineData(0.51f, 1f)]
    [InlineData(0.5f, 0.5f)]
    [InlineData(0.2f, 0.25f)]
    [InlineData(0.001f, 0.125f)]
    public void Large_jpeg_is_decoded_as_small_as_allowed(float least, float expected)
    {
        var content = Pictures.Photo(333, 251, SKEncodedImageFormat.Jpeg);

        using var picture = PictureDecoder.Decode(content, null, _ => least);

        Assert.Equal((333, 251, expected), (picture.Width, picture.Height, picture.Scale));
        Assert.Equal(((int)Math.Ceiling(333 * expected), (int)Math.Ceiling(251 * expected)), (picture.PixelWidth, picture.PixelHeight));
    }

    [Fact]
    public void Disposed_picture_gives_no_pixels()
    {
        var picture = Pictures.Decode(2, 2, (_, _) => SKColors.Red);
        picture.Dispose();
        picture.Dispose();
        Assert.Throws<ObjectDisposedException>(() => picture.Pixels.Length);
    }

    [Fact]
    public void Real_photos_are_decoded()
    {
        var photos = Directory.GetFiles(SharedData.Folder("photos"), "*.jpg");
        Assert.NotEmpty(photos);
        foreach (var photo in photos)
        {
            var content = File.ReadAllBytes(photo);
            using var picture = PictureDecoder.Decode(content);
            Assert.Equal(PictureDecoder.ReadInfo(content), picture.Info);
            Assert.Throws<PictureException>(() => PictureDecoder.Decode(content.AsMemory(0, content.Length * 2 / 3)));
        }
    }
}
