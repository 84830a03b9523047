using CsCheck;

namespace IpGan.Imaging.Tests;

public sealed class PictureEncoderTests
{
    private static readonly Gen<(int Size, byte[] Rgb)> GenSquare =
        from size in Gen.Int[1, 20]
        from rgb in Gen.Byte.Array[3 * size * size]
        select (size, rgb);

    [Fact]
    public void Png_of_a_tensor_gives_its_bytes_back() =>
        GenSquare.Sample(square =>
        {
            var planes = Enumerable.Range(0, 3).SelectMany(c => square.Rgb.Where((_, i) => i % 3 == c).Select(value => value / 127.5f - 1)).ToArray();

            var back = new byte[planes.Length];
            FaceSquare.ReadRgb(PictureEncoder.Encode(planes, square.Size, PictureFormat.Png), null, square.Size, back);

            Assert.Equal(square.Rgb, back);
        });

    [Theory]
    [InlineData(PictureFormat.Jpeg)]
    [InlineData(PictureFormat.Webp)]
    public void Lossy_picture_of_a_tensor_looks_the_same(PictureFormat format)
    {
        var planes = new float[3 * 64 * 64];
        for (var i = 0; i < planes.Length; i++)
            planes[i] = MathF.Sin(i % 64 / 20f) * (1 - i / 4096 * 0.4f);

        var content = PictureEncoder.Encode(planes, 64, format);

        Assert.Equal(new PictureInfo(format, 64, 64), PictureDecoder.ReadInfo(content));
        var back = new float[planes.Length];
        FaceSquare.Read(content, null, 64, back);
        Assert.True(planes.Zip(back).Average(pair => Math.Abs(pair.First - pair.Second)) < 0.02);
        Assert.True(PictureEncoder.Encode(planes, 64, format, 20).Length < content.Length);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(256)]
    public void Picture_of_another_side_is_the_same_picture_resampled(int side)
    {
        var planes = new float[3 * 64 * 64];
        for (var i = 0; i < planes.Length; i++)
            planes[i] = MathF.Sin(i % 64 / 20f) * (1 - i / 4096 * 0.4f);

        var content = PictureEncoder.Encode(planes, 64, PictureFormat.Png, side: side);

        Assert.Equal(new PictureInfo(PictureFormat.Png, side, side), PictureDecoder.ReadInfo(content));
        var back = new float[planes.Length];
        FaceSquare.Read(content, null, 64, back);
        Assert.True(planes.Zip(back).Average(pair => Math.Abs(pair.First - pair.Second)) < 0.03);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1025)]
    [InlineData(-1)]
    public void Side_outside_the_range_is_refused(int side) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PictureEncoder.Encode(new float[12], 2, PictureFormat.Png, side: side));

    [Fact]
    public void Values_outside_the_range_are_clamped()
    {
        var rgb = new byte[6];
        PlanarRgb.ToBytes([-7, 1.5f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0], rgb);

        // Planes of two pixels: reds (−7, 1.5), greens (NaN, ∞), blues (−∞, 0).
        Assert.Equal([0, 0, 0, 255, 255, 128], rgb);
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PictureEncoder.Encode(new float[11], 2, PictureFormat.Png));
        Assert.Throws<ArgumentException>(() => PictureEncoder.PngRgb(new byte[11], 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => PictureEncoder.Encode(new float[12], 2, PictureFormat.Jpeg, 0));
        Assert.Throws<ArgumentException>(() => PlanarRgb.ToBytes(new float[4], new byte[12]));
        Assert.Throws<ArgumentException>(() => PlanarRgb.ToBytes(new float[6], new byte[5]));
    }

    [Fact]
    public void Grid_shows_each_picture_in_its_cell()
    {
        var grid = new PictureGrid(3, 2, 4, 1);
        var white = Enumerable.Repeat((byte)255, 48).ToArray();
        grid.Set(0, 0, white);
        grid.Set(2, 1, Enumerable.Repeat(-1f, 48).ToArray());

        using var picture = PictureDecoder.Decode(grid.ToPng());

        Assert.Equal((16, 11), (picture.Width, picture.Height));
        for (var y = 0; y < 11; y++)
            for (var x = 0; x < 16; x++)
            {
                byte expected = x is >= 1 and < 5 && y is >= 1 and < 5 ? (byte)255 : x is >= 11 and < 15 && y is >= 6 and < 10 ? (byte)0 : (byte)32;
                Assert.Equal((expected, expected, expected), Pictures.Pixel(picture, x, y));
            }
    }

    [Fact]
    public void Grid_refuses_cells_and_pictures_that_do_not_fit()
    {
        var grid = new PictureGrid(2, 2, 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => grid.Set(2, 0, new byte[48]));
        Assert.Throws<ArgumentOutOfRangeException>(() => grid.Set(0, -1, new byte[48]));
        Assert.Throws<ArgumentException>(() => grid.Set(0, 0, new byte[47]));
        Assert.Throws<ArgumentException>(() => grid.Set(0, 0, new float[27]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PictureGrid(0, 1, 4));
    }
}
