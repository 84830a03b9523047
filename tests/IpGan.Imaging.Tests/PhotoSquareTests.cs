using SkiaSharp;

namespace IpGan.Imaging.Tests;

/// <summary>From whole photos to squares, with networks that say what the test wants.</summary>
public sealed class PhotoSquareTests
{
    private const int Size = 32;

    [Theory]
    [InlineData(1200, 800)]
    [InlineData(300, 200)]
    public void Square_of_a_found_face_is_what_its_place_gives(int width, int height)
    {
        var photo = Pictures.Photo(width, height, SKEncodedImageFormat.Jpeg);
        var place = Place(width * 0.4f, height * 0.5f, height * 0.1f);

        var (taken, square) = Read(photo, Finder(width, height, place));

        Assert.False(taken.AlreadyCut);
        Assert.Equal((0, 1), (taken.Taken, taken.Faces.Count));
        Assert.Equal(place.Sellion.X, taken.Face.Place.Sellion.X, 0.1);
        var given = new float[square.Length];
        FaceSquare.Read(photo, taken.Face.Place, Size, given);
        Assert.True(Largest(given, square) < 0.02, "The square is another than the one that is cut from the same place.");
    }

    [Fact]
    public void Small_face_in_a_large_photo_is_cut_from_full_detail()
    {
        // Stripes of two pixels, which a shrunk photo has lost.
        var photo = Pictures.Encode(1200, 800, (x, _) => x / 2 % 2 == 0 ? SKColors.Black : SKColors.White, SKEncodedImageFormat.Jpeg, 95);
        // Its square is 32 pixels: as many as the network's picture.
        var place = Place(401, 350, 32 / 2.6f);

        var (_, square) = Read(photo, Finder(1200, 800, place));

        var row = square.AsSpan(Size * (Size / 2), Size).ToArray();
        Assert.True(row.Max() - row.Min() > 1, $"The stripes are gone: {row.Min()} to {row.Max()}.");
    }

    [Theory]
    [InlineData(160, SKEncodedImageFormat.Png)]
    [InlineData(640, SKEncodedImageFormat.Jpeg)]
    public void Square_picture_that_a_face_fills_is_taken_as_cut_already(int side, SKEncodedImageFormat format)
    {
        var photo = Pictures.Square(5, side, format);
        var (taken, square) = Read(photo, Finder(side, side, Place(side * 0.52f, side * 0.45f, side * 0.35f)));

        Assert.True(taken.AlreadyCut);
        var whole = new float[square.Length];
        FaceSquare.Read(photo, null, Size, whole);
        Assert.Equal(whole, square);
    }

    [Fact]
    public void Notes_on_a_picture_that_was_taken_as_a_whole_are_of_the_whole()
    {
        // The found face's square has 31 pixels, fewer than the network's picture, and 2 of them lie outside.
        var (taken, _) = Read(Pictures.Square(5, Size), Finder(Size, Size, Place(14, 15, 12)));
        Assert.True(taken.AlreadyCut);
        Assert.DoesNotContain(taken.Notes, n => n.Kind is FaceNoteKind.CutOff or FaceNoteKind.TooSmall);
    }

    [Fact]
    public void Square_picture_with_a_smaller_face_is_a_photo_like_any_other()
    {
        var (taken, _) = Read(Pictures.Square(5, 160), Finder(160, 160, Place(80, 80, 25)));
        Assert.False(taken.AlreadyCut);
    }

    [Fact]
    public void Photo_without_a_face_is_refused_with_the_best_score_that_was_too_low()
    {
        var photo = Pictures.Photo(300, 200, SKEncodedImageFormat.Jpeg);
        var error = Assert.Throws<NoFaceException>(() => Read(photo, Finder(300, 200, [Place(100, 100, 20)], score: 0.31f)));

        Assert.Equal((0.31, 0.5), (error.BestScore, error.Threshold), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-6 && a.Item2 == b.Item2);
        Assert.Contains("300×200", error.Message, StringComparison.Ordinal);
        Assert.Contains("0.31", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Notes_tell_what_is_bad_about_the_face_that_was_taken()
    {
        var photo = Pictures.Photo(300, 200, SKEncodedImageFormat.Jpeg);
        FacePlace[] places = [Place(20, 100, 20), Place(200, 100, 10)];

        var (taken, _) = Read(photo, Finder(300, 200, places), new FaceChoice(0));
        Assert.Equal([FaceNoteKind.Blurred, FaceNoteKind.CutOff, FaceNoteKind.SeveralFaces], taken.Notes.Select(n => n.Kind));
        Assert.Contains("2 faces", taken.Notes[2].Words, StringComparison.Ordinal);
        var (second, _) = Read(photo, Finder(300, 200, places), new FaceChoice(1));
        Assert.Equal([FaceNoteKind.TooSmall, FaceNoteKind.Blurred, FaceNoteKind.SeveralFaces], second.Notes.Select(n => n.Kind));
        Assert.Contains("26 pixels", second.Notes[0].Words, StringComparison.Ordinal);
    }

    [Fact]
    public void Survey_gives_every_face_its_notes()
    {
        var photo = Pictures.Photo(300, 200, SKEncodedImageFormat.Jpeg);
        var (info, found, notes) = PhotoSquare.Survey(photo, Finder(300, 200, [Place(20, 100, 20), Place(200, 100, 10)]), Size);

        Assert.Equal((300, 200, 2), (info.Width, info.Height, found.Faces.Count));
        Assert.Contains(notes[0], n => n.Kind == FaceNoteKind.CutOff);
        Assert.Contains(notes[1], n => n.Kind == FaceNoteKind.TooSmall);
    }

    [Fact]
    public void The_more_a_picture_is_blurred_the_higher_its_measure()
    {
        var random = new Random(3);
        var sharp = new float[3 * Size * Size];
        for (var i = 0; i < Size * Size; i++)
            sharp[i] = sharp[Size * Size + i] = sharp[2 * Size * Size + i] = random.NextSingle() * 2 - 1;
        var measures = new[] { 0, 1, 2, 4 }.Select(reach => FaceNotes.Blur(Averaged(sharp, reach), Size)).ToArray();

        Assert.Equal(measures.Order(), measures);
        // Noise is sharp at every scale; faces measure more.
        Assert.True(measures[0] < 0.15 && measures[^1] > 0.35, string.Join(", ", measures));
        Assert.Equal(0, FaceNotes.Blur(new float[3 * Size * Size], Size));
    }

    [Fact]
    public void Real_faces_are_seldom_called_blurred_and_nearly_always_when_they_are()
    {
        const int Network = 64;
        var faces = Directory.EnumerateFiles(Path.Combine(SharedData.Folder("faces"), "images"), "*.jpg", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Where((_, i) => i % 40 == 0).Take(200).ToList();
        var (sharp, blurred) = (new List<double>(), new List<double>());
        var planes = new float[3 * Network * Network];
        foreach (var face in faces)
        {
            FaceSquare.Read(File.ReadAllBytes(face), null, Network, planes);
            sharp.Add(FaceNotes.Blur(planes, Network));
            // Enlarged from a tenth: as a face that is out of focus by a tenth of the square.
            using var small = Pictures.Shrink(File.ReadAllBytes(face), Network / 10);
            SquareCutter.Cut(small, small.Info.WholeSquare(), Network, planes);
            blurred.Add(FaceNotes.Blur(planes, Network));
        }
        sharp.Sort();
        blurred.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"sharp: {sharp[20]:0.00} {sharp[100]:0.00} {sharp[180]:0.00}, blurred: {blurred[20]:0.00} {blurred[100]:0.00} {blurred[180]:0.00}");
        Assert.True(sharp.Count(b => b >= FaceNotes.LeastBlur) <= faces.Count / 10, string.Join(' ', sharp));
        Assert.True(blurred.Count(b => b >= FaceNotes.LeastBlur) >= faces.Count * 9 / 10, string.Join(' ', blurred));
    }

    private static float[] Averaged(float[] planes, int reach)
    {
        var result = new float[planes.Length];
        for (var i = 0; i < planes.Length; i++)
        {
            var (x, y, plane) = (i % Size, i / Size % Size, i / Size / Size);
            var around = from dy in Enumerable.Range(-reach, 2 * reach + 1)
                         from dx in Enumerable.Range(-reach, 2 * reach + 1)
                         select planes[plane * Size * Size + Math.Clamp(y + dy, 0, Size - 1) * Size + Math.Clamp(x + dx, 0, Size - 1)];
            result[i] = around.Average();
        }
        return result;
    }

    private static (TakenFace Taken, float[] Square) Read(byte[] photo, FaceFinder finder, FaceChoice choice = default)
    {
        var square = new float[3 * Size * Size];
        return (PhotoSquare.Read(photo, finder, choice, Size, square), square);
    }

    private static FacePlace Place(float x, float y, float s) => new(new PicturePoint(x, y - s / 2), new PicturePoint(x, y + s / 2));

    private static FaceFinder Finder(int width, int height, FacePlace place) => Finder(width, height, [place]);

    private static FaceFinder Finder(int width, int height, FacePlace[] places, float score = 0.9f)
    {
        const int Canvas = 128;
        var scale = FinderCanvas.Scale(new PictureInfo(PictureFormat.Png, width, height), Canvas) / Canvas;
        float[] candidates = [.. places.SelectMany(p => new[] { score, p.Sellion.X * scale, p.Sellion.Y * scale, p.Mouth.X * scale, p.Mouth.Y * scale, p.Yaw / 90 })];
        return new FaceFinder(Canvas, places.Length, 0.5, (_, answer) => candidates.CopyTo(answer.Span));
    }

    private static float Largest(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
}
