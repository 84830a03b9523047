using CsCheck;
using SkiaSharp;

namespace IpGan.Imaging.Tests;

/// <summary>From photos to canvases, and from candidates to faces.</summary>
public sealed class FaceFinderTests
{
    private const int Side = 128;
    private static readonly PictureInfo Wide = new(PictureFormat.Jpeg, 400, 200);

    [Theory]
    [InlineData(400, 200, 128, 64)]
    [InlineData(100, 200, 64, 128)]
    [InlineData(20, 10, 80, 40)]
    [InlineData(128, 128, 128, 128)]
    public void Photo_lies_at_the_upper_left_of_the_canvas_and_the_rest_is_nothing(int width, int height, int right, int bottom)
    {
        using var photo = Pictures.Decode(width, height, (_, _) => SKColors.White);
        var canvas = new float[3 * Side * Side];
        Array.Fill(canvas, -5);

        FinderCanvas.Draw(photo, Side, canvas);

        for (var i = 0; i < canvas.Length; i++)
        {
            var (x, y) = (i % Side, i / Side % Side);
            Assert.Equal(x < right && y < bottom ? 1 : 0, canvas[i], 1e-5);
        }
    }

    [Fact]
    public void Canvas_shows_the_photo_the_way_up_that_EXIF_says()
    {
        // Stored lying: its left half, which is black, is above as displayed.
        var stored = Pictures.Encode(200, 100, (x, _) => x < 100 ? SKColors.Black : SKColors.White, SKEncodedImageFormat.Jpeg);
        using var photo = PictureDecoder.Decode(Pictures.WithOrientation(stored, 6));
        var canvas = new float[3 * Side * Side];

        FinderCanvas.Draw(photo, Side, canvas);

        Assert.Equal(-1, canvas[10 * Side + 32], 0.1);
        Assert.Equal(1, canvas[110 * Side + 32], 0.1);
        Assert.Equal(0, canvas[10 * Side + 100]);
    }

    [Fact]
    public void Candidate_becomes_a_face_in_pixels_of_the_photo()
    {
        var found = FaceFinder.Read([0.9f, 0.5f, 0.2f, 0.5f, 0.3f, 0.5f, 0.4f, 0.1f, 0.1f, 0.1f, 0.2f, 0], Wide, Side, 0.5);

        var face = Assert.Single(found.Faces);
        Assert.Equal(0.9f, face.Score);
        Assert.Equal(new FacePlace(new PicturePoint(200, 80), new PicturePoint(200, 120), 45), face.Place, (a, b) => Near(a.Sellion, b.Sellion) && Near(a.Mouth, b.Mouth) && a.Yaw == b.Yaw);
        Assert.Equal(CropRule.Square(face.Place), face.Square);
        Assert.Equal(0.4f, found.BestRejected);
    }

    [Fact]
    public void Candidates_of_one_face_become_the_best_of_them_and_faces_run_from_left_to_right()
    {
        float[] candidates =
        [
            .. Candidate(0.7f, 300, 100), .. Candidate(0.95f, 304, 101), .. Candidate(0.8f, 298, 98),
            .. Candidate(0.6f, 80, 100),
            .. Candidate(0.3f, 200, 100),
            // Half as large, inside the first one.
            0.65f, 310f / 400, 95f / 400, 310f / 400, 115f / 400, 0,
        ];

        var found = FaceFinder.Read(candidates, Wide, Side, 0.5);

        Assert.Equal([0.6f, 0.95f], found.Faces.Select(f => f.Score));
        Assert.Equal(0.3f, found.BestRejected);
    }

    [Theory]
    [InlineData(float.NaN, 0.5f, 0.2f, 0.5f, 0.3f, 0)]
    [InlineData(0.9f, float.NaN, 0.2f, 0.5f, 0.3f, 0)]
    [InlineData(0.9f, 0.5f, 0.2f, 0.5f, 0.3f, float.NaN)]
    [InlineData(0.9f, 0.5f, 0.2f, 0.5f, 0.2f, 0)]
    [InlineData(0.9f, 0.5f, -0.2f, 0.5f, 0.3f, 0)]
    [InlineData(0.9f, 0.5f, 0.4f, 0.5f, 0.6f, 0)]
    [InlineData(0.9f, 1e30f, 0.2f, -1e30f, 0.3f, 0)]
    public void Candidate_that_the_crop_rule_cannot_use_is_no_face(float score, float x1, float y1, float x2, float y2, float yaw) =>
        Assert.Empty(FaceFinder.Read([score, x1, y1, x2, y2, yaw], Wide, Side, 0.5).Faces);

    [Fact]
    public void Whatever_a_network_says_faces_are_usable_apart_and_in_order() =>
        Gen.Select(Gen.OneOf(Gen.Float[0, 1], Gen.Float), Gen.Float[-0.2f, 1.2f]).Array[0, 60].Sample(numbers =>
        {
            float[] candidates = [.. numbers.SelectMany((n, i) => i % 6 == 0 ? new[] { n.Item1 } : [n.Item2])];
            var faces = FaceFinder.Read(candidates, Wide, Side, 0.5).Faces;
            for (var i = 0; i < faces.Count; i++)
            {
                Assert.True(faces[i].Score >= 0.5f);
                Assert.Equal(CropRule.Square(faces[i].Place), faces[i].Square);
                Assert.All(faces.Skip(i + 1), other => Assert.True(other.Square.Centre.X >= faces[i].Square.Centre.X && other.Square.Overlap(faces[i].Square) <= 0.4 && other.Square.Nesting(faces[i].Square) < 0.8));
            }
        }, iter: 2000, threads: 1);

    [Fact]
    public void Overlap_is_the_area_shared_of_the_area_covered()
    {
        var square = new CropSquare(0, 0, 10);
        Assert.Equal(1, square.Overlap(square));
        Assert.Equal(0, square.Overlap(new CropSquare(10, 0, 10)));
        Assert.Equal(50.0 / 150, square.Overlap(new CropSquare(5, 0, 10)), 1e-6);
        Assert.Equal(25.0 / 100, square.Overlap(new CropSquare(2, 3, 5)), 1e-6);
        Assert.Equal(1, square.Nesting(new CropSquare(2, 3, 5)), 1e-6);
        Assert.Equal(0.5, new CropSquare(-2.5f, 3, 5).Nesting(square), 1e-6);
        Assert.Equal(0.75, new CropSquare(-5, -5, 10).ShareOutside(100, 100), 1e-6);
        Assert.Equal(0, square.ShareOutside(10, 10), 1e-6);
    }

    private static bool Near(PicturePoint a, PicturePoint b) => Math.Abs(a.X - b.X) < 0.01 && Math.Abs(a.Y - b.Y) < 0.01;

    /// <summary>A face of 40 pixels from sellion to mouth, with its middle there, in a photo of 400 pixels across.</summary>
    private static float[] Candidate(float score, float x, float y) => [score, x / 400, (y - 20) / 400, x / 400, (y + 20) / 400, 0];
}
