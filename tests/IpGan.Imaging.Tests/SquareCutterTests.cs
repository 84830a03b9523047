using CsCheck;
using SkiaSharp;

namespace IpGan.Imaging.Tests;

public sealed class SquareCutterTests
{
    private static byte[] Cut(Picture picture, CropSquare square, int size)
    {
        var rgb = new byte[3 * size * size];
        SquareCutter.CutRgb(picture, square, size, rgb);
        return rgb;
    }

    [Fact]
    public void Square_of_the_same_size_is_copied_exactly()
    {
        using var picture = Pictures.Decode(20, 12, (x, y) => new SKColor((byte)(x * 12), (byte)(y * 20), (byte)(x ^ y)));

        var rgb = Cut(picture, new CropSquare(5, 2, 8), 8);

        for (var y = 0; y < 8; y++)
            for (var x = 0; x < 8; x++)
                Assert.Equal([(byte)((x + 5) * 12), (byte)((y + 2) * 20), (byte)((x + 5) ^ (y + 2))], rgb.AsSpan(3 * (8 * y + x), 3).ToArray());
    }

    [Fact]
    public void Shrinking_averages_the_area()
    {
        using var picture = Pictures.Decode(4, 4, (x, y) => new SKColor((byte)(10 * (4 * y + x)), 0, 0));

        var rgb = Cut(picture, new CropSquare(0, 0, 4), 2);

        // Mean of (0, 1, 4, 5) · 10 and so on.
        Assert.Equal([25, 45, 105, 125], new[] { rgb[0], rgb[3], rgb[6], rgb[9] });
    }

    [Fact]
    public void Fractional_borders_count_by_their_share()
    {
        using var picture = Pictures.Decode(3, 3, (x, _) => new SKColor((byte)(x == 0 ? 0 : x == 1 ? 90 : 210), 0, 0));

        var rgb = Cut(picture, new CropSquare(0, 0, 3), 2);

        // Left half: 0 for 1, 90 for 0.5 of 1.5 pixels. Right half: 90 for 0.5, 210 for 1.
        Assert.Equal([30, 170], new[] { rgb[0], rgb[3] });
    }

    [Fact]
    public void Picture_like_a_needle_costs_little_memory()
    {
        using var picture = Pictures.Decode(1, 200_000, (_, y) => new SKColor((byte)(y / 1000), 0, 0));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var rgb = Cut(picture, new CropSquare(-100_000, 0, 200_000), 640);

        // 200,000 rows of 640 columns would be two gigabytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024 * 1024);
        Assert.Equal([0, 99, 199], new[] { rgb[0], rgb[3 * 640 * 319], rgb[3 * 640 * 639] });
    }

    [Fact]
    public void Enlarging_interpolates_linearly()
    {
        using var picture = Pictures.Decode(2, 2, (x, _) => new SKColor((byte)(x * 200), 0, 0));

        var rgb = Cut(picture, new CropSquare(0, 0, 2), 4);

        Assert.Equal([0, 50, 150, 200], new[] { rgb[0], rgb[3], rgb[6], rgb[9] });
    }

    [Fact]
    public void Outside_the_picture_edge_pixels_are_repeated()
    {
        using var picture = Pictures.Decode(4, 4, (x, y) => new SKColor((byte)(50 * x), (byte)(60 * y), 7));

        var rgb = Cut(picture, new CropSquare(-3, -3, 10), 10);

        for (var y = 0; y < 10; y++)
            for (var x = 0; x < 10; x++)
                Assert.Equal(
                    [(byte)(50 * Math.Clamp(x - 3, 0, 3)), (byte)(60 * Math.Clamp(y - 3, 0, 3)), 7], rgb.AsSpan(3 * (10 * y + x), 3).ToArray());
    }

    [Fact]
    public void One_colour_stays_that_colour_wherever_the_square_lies()
    {
        using var picture = Pictures.Decode(13, 7, (_, _) => new SKColor(11, 155, 255));
        Gen.Select(Gen.Float[-100, 100], Gen.Float[-100, 100], Gen.Float[0.01f, 300], Gen.Int[1, 40]).Sample((left, top, side, size) =>
        {
            var rgb = Cut(picture, new CropSquare(left, top, side), size);
            for (var i = 0; i < rgb.Length; i += 3)
                Assert.Equal([11, 155, 255], rgb.AsSpan(i, 3).ToArray());
        });
    }

    [Fact]
    public void Mean_of_a_picture_survives_shrinking()
    {
        var random = new Random(3);
        using var picture = Pictures.Decode(160, 160, (_, _) => new SKColor((byte)random.Next(256), 0, 0));
        var tensor = new float[3 * 64 * 64];

        SquareCutter.Cut(picture, new CropSquare(0, 0, 160), 64, tensor);

        var source = 0.0;
        for (var i = 0; i < picture.Pixels.Length; i += 4)
            source += picture.Pixels[i] / 127.5 - 1;
        Assert.Equal(source / (160 * 160), tensor.Take(64 * 64).Average(), 1e-4f);
    }

    [Fact]
    public void Tensor_is_planar_and_from_minus_one_to_one()
    {
        using var picture = Pictures.Decode(2, 2, (x, y) => new SKColor((byte)(x == 0 ? 0 : 255), (byte)(y == 0 ? 0 : 255), 51));
        var tensor = new float[14];
        tensor[0] = tensor[^1] = 99;

        SquareCutter.Cut(picture, new CropSquare(0, 0, 2), 2, tensor.AsSpan(1, 12));

        Assert.Equal([99, -1, 1, -1, 1, -1, -1, 1, 1, -0.6f, -0.6f, -0.6f, -0.6f, 99], tensor, (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void Bytes_and_tensor_agree()
    {
        using var picture = PictureDecoder.Decode(Pictures.Photo(90, 70, SKEncodedImageFormat.Png));
        var square = new CropSquare(10.3f, -5.2f, 66.6f);
        var tensor = new float[3 * 32 * 32];
        SquareCutter.Cut(picture, square, 32, tensor);
        var bytes = new byte[tensor.Length];
        PlanarRgb.ToBytes(tensor, bytes);

        var direct = Cut(picture, square, 32);

        // A value that lies within a rounding error of one half may go either way.
        Assert.True(direct.Zip(bytes).All(pair => Math.Abs(pair.First - pair.Second) <= 1));
        Assert.True(direct.Zip(bytes).Count(pair => pair.First != pair.Second) < 10);
    }

    [Fact]
    public void Picture_decoded_smaller_gives_nearly_the_same_square()
    {
        var content = Pictures.Photo(801, 603, SKEncodedImageFormat.Jpeg, 95);
        using var full = PictureDecoder.Decode(content);
        using var eighth = PictureDecoder.Decode(content, null, _ => 0.125f);
        Assert.Equal(0.125f, eighth.Scale);
        var square = new CropSquare(100.5f, 50.25f, 512);

        var difference = Cut(full, square, 32).Zip(Cut(eighth, square, 32)).Max(pair => Math.Abs(pair.First - pair.Second));

        Assert.InRange(difference, 0, 4);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, -1)]
    [InlineData(float.NaN, 0, 1)]
    [InlineData(0, float.NegativeInfinity, 1)]
    [InlineData(0, 0, float.PositiveInfinity)]
    public void Impossible_square_is_refused(float left, float top, float side)
    {
        using var picture = Pictures.Decode(2, 2, (_, _) => SKColors.Red);
        Assert.Throws<ArgumentException>(() => Cut(picture, new CropSquare(left, top, side), 2));
    }

    [Fact]
    public void Destination_that_is_too_short_is_refused()
    {
        using var picture = Pictures.Decode(2, 2, (_, _) => SKColors.Red);
        Assert.Throws<ArgumentException>(() => SquareCutter.Cut(picture, new CropSquare(0, 0, 2), 2, new float[11]));
        Assert.Throws<ArgumentException>(() => SquareCutter.CutRgb(picture, new CropSquare(0, 0, 2), 2, new byte[11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => SquareCutter.CutRgb(picture, new CropSquare(0, 0, 2), 0, new byte[11]));
    }
}
