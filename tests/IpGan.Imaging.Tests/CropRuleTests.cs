using System.Globalization;
using CsCheck;

namespace IpGan.Imaging.Tests;

public sealed class CropRuleTests
{
    private static readonly Gen<PicturePoint> GenPoint = Gen.Select(Gen.Float[-2000, 2000], Gen.Float[-2000, 2000], (x, y) => new PicturePoint(x, y));
    private static readonly Gen<FacePlace> GenFace = Gen.Select(GenPoint, GenPoint, Gen.Float[-180, 180], (s, m, yaw) => new FacePlace(s, m, yaw))
        .Where(face => Distance(face) > 2);

    [Fact]
    public void Frontal_face_is_centred_a_little_below_its_midpoint()
    {
        var square = CropRule.Square(new FacePlace(new(100, 80), new(100, 180)));

        Assert.Equal(260, square.Side, 3);
        Assert.Equal(100 - 130, square.Left, 3);
        Assert.Equal(130 + 12 - 130, square.Top, 3);
    }

    [Fact]
    public void Face_that_looks_right_moves_the_square_left()
    {
        var square = CropRule.Square(new FacePlace(new(100, 80), new(100, 180), 90));

        Assert.Equal(100 - 60 - 130, square.Left, 3);
    }

    [Fact]
    public void Shift_and_zoom_of_the_photo_shift_and_zoom_the_square() =>
        Gen.Select(GenFace, GenPoint, Gen.Float[1, 4]).Sample((face, shift, zoom) =>
        {
            var moved = face with { Sellion = Move(face.Sellion), Mouth = Move(face.Mouth) };
            var (square, other) = (CropRule.Square(face), CropRule.Square(moved));
            var tolerance = 1e-3f * zoom * (square.Side + 2000);
            Assert.Equal(square.Left * zoom + shift.X, other.Left, tolerance);
            Assert.Equal(square.Top * zoom + shift.Y, other.Top, tolerance);
            Assert.Equal(square.Side * zoom, other.Side, tolerance);

            PicturePoint Move(PicturePoint p) => new(p.X * zoom + shift.X, p.Y * zoom + shift.Y);
        });

    [Fact]
    public void Mirrored_photo_has_the_mirrored_square() =>
        GenFace.Sample(face =>
        {
            const float Width = 500;
            var mirrored = new FacePlace(
                face.Sellion with { X = Width - face.Sellion.X }, face.Mouth with { X = Width - face.Mouth.X }, -face.Yaw);
            var (square, other) = (CropRule.Square(face), CropRule.Square(mirrored));
            Assert.Equal(Width - square.Left - square.Side, other.Left, 0.02f);
            Assert.Equal(square.Top, other.Top, 0.02f);
            Assert.Equal(square.Side, other.Side, 0.02f);
        });

    [Fact]
    public void Roll_changes_neither_side_nor_distance_of_the_centre() =>
        Gen.Select(Gen.Float[5, 500], Gen.Double[0, 2 * Math.PI]).Sample((s, roll) =>
        {
            var half = s / 2;
            var (dx, dy) = ((float)(half * Math.Sin(roll)), (float)(half * Math.Cos(roll)));
            var square = CropRule.Square(new FacePlace(new(-dx, -dy), new(dx, dy)));
            Assert.Equal(2.6f * s, square.Side, 1e-3f * s);
            Assert.Equal(0, square.Left + square.Side / 2, 1e-3f * s);
            Assert.Equal(0.12f * s, square.Top + square.Side / 2, 1e-3f * s);
        });

    [Theory]
    [InlineData(float.NaN, 0, 10, 10, 0, "not finite")]
    [InlineData(0, 0, float.PositiveInfinity, 10, 0, "not finite")]
    [InlineData(0, 0, 10, 10, 181, "181")]
    [InlineData(0, 0, 10, 10, float.NaN, "NaN")]
    [InlineData(5, 5, 5, 5, 0, "0 pixels apart")]
    [InlineData(0, 0, 3e38f, 3e38f, 0, "pixels apart")]
    public void Impossible_place_is_refused(float sellionX, float sellionY, float mouthX, float mouthY, float yaw, string named)
    {
        var face = new FacePlace(new(sellionX, sellionY), new(mouthX, mouthY), yaw);
        var error = Assert.Throws<PictureException>(() => CropRule.Square(face));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faces_that_were_cut_by_the_rule_are_their_own_square()
    {
        var lines = File.ReadAllLines(Path.Combine(SharedData.Folder("faces"), "faces.csv"));
        var header = lines[0].Split(',').ToList();
        int yaw = header.IndexOf("yaw"), sellion = header.IndexOf("sellion_x"), mouth = header.IndexOf("mouth_x");
        var offsets = new List<double>();
        foreach (var fields in lines.Skip(1).Select(line => line.Split(',')))
        {
            float Field(int i) => float.Parse(fields[i], CultureInfo.InvariantCulture);
            var face = new FacePlace(new(Field(sellion), Field(sellion + 1)), new(Field(mouth), Field(mouth + 1)), Field(yaw));
            var square = CropRule.Square(face);
            offsets.Add(Math.Max(Math.Max(Math.Abs(square.Left), Math.Abs(square.Top)), Math.Abs(square.Side - 160)));
        }

        offsets.Sort();
        Assert.True(offsets[offsets.Count * 99 / 100] < 1.5, $"99 % within {offsets[offsets.Count * 99 / 100]:0.00} px, all within {offsets[^1]:0.00} px");
    }

    private static double Distance(FacePlace face) =>
        Math.Sqrt(Math.Pow(face.Mouth.X - face.Sellion.X, 2) + Math.Pow(face.Mouth.Y - face.Sellion.Y, 2));
}
