using SkiaSharp;

namespace IpGan.Imaging.Tests;

public sealed class FaceSquareTests
{
    [Fact]
    public void Square_photo_without_a_place_is_only_resized()
    {
        var content = Pictures.Encode(6, 6, (x, _) => x < 3 ? SKColors.Black : SKColors.White);
        var tensor = new float[12];

        FaceSquare.Read(content, null, 2, tensor);

        Assert.Equal([-1f, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1], tensor);
    }

    [Fact]
    public void Photo_that_is_not_square_needs_a_place()
    {
        var content = Pictures.Photo(60, 59, SKEncodedImageFormat.Jpeg);

        var error = Assert.Throws<PictureException>(() => FaceSquare.Read(content, null, 2, new float[12]));
        Assert.Contains("60×59", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Place_is_cut_by_the_rule()
    {
        var content = Pictures.Photo(200, 150, SKEncodedImageFormat.Png);
        var face = new FacePlace(new(100, 60), new(104, 90), 20);
        var (read, cut) = (new byte[3 * 16 * 16], new byte[3 * 16 * 16]);

        FaceSquare.ReadRgb(content, face, 16, read);

        using var picture = PictureDecoder.Decode(content);
        SquareCutter.CutRgb(picture, CropRule.Square(face), 16, cut);
        Assert.Equal(cut, read);
    }

    [Fact]
    public void Place_counts_in_the_picture_as_displayed()
    {
        // Stored 64×48 and shown turned clockwise, 48×64: the stored upper left is shown at the upper right.
        var jpeg = Pictures.Encode(64, 48, (x, y) => x < 32 && y < 24 ? SKColors.Red : SKColors.Blue, SKEncodedImageFormat.Jpeg);
        var content = Pictures.WithOrientation(jpeg, 6);
        var rgb = new byte[3];

        FaceSquare.ReadRgb(content, new FacePlace(new(36, 14), new(36, 17)), 1, rgb);
        Assert.True(rgb[0] > 200 && rgb[2] < 60);
        FaceSquare.ReadRgb(content, new FacePlace(new(12, 46), new(12, 49)), 1, rgb);
        Assert.True(rgb[0] < 60 && rgb[2] > 200);
    }

    [Theory]
    [InlineData(-1, 10, 20, 20, "sellion")]
    [InlineData(20, 10, 20, 41, "mouth")]
    [InlineData(20, 10, 61, 20, "mouth")]
    public void Place_outside_the_photo_is_refused(float sellionX, float sellionY, float mouthX, float mouthY, string named)
    {
        var content = Pictures.Photo(60, 40, SKEncodedImageFormat.Jpeg);
        var face = new FacePlace(new(sellionX, sellionY), new(mouthX, mouthY));

        var error = Assert.Throws<PictureException>(() => FaceSquare.Read(content, face, 8, new float[192]));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("60×40", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Large_photo_gives_the_square_of_the_full_decode()
    {
        var photos = Directory.GetFiles(SharedData.Folder("photos"), "*.jpg");
        foreach (var content in photos.Select(File.ReadAllBytes))
        {
            var info = PictureDecoder.ReadInfo(content);
            var s = Math.Min(info.Width, info.Height) / 3f;
            var face = new FacePlace(new(info.Width / 2f, info.Height / 2f - s / 2), new(info.Width / 2f, info.Height / 2f + s / 2));
            var (quick, full) = (new float[3 * 64 * 64], new float[3 * 64 * 64]);

            FaceSquare.Read(content, face, 64, quick);

            using var picture = PictureDecoder.Decode(content);
            SquareCutter.Cut(picture, CropRule.Square(face), 64, full);
            Assert.True(quick.Zip(full).Average(pair => Math.Abs(pair.First - pair.Second)) < 0.02);
        }
    }
}
