using IpGan.Imaging;

namespace IpGan.Training.Finding;

/// <summary>The picture by which a finder's run is judged: scenes of people who are not trained on, with the squares that it finds and those that are there.</summary>
public static class FinderSamples
{
    private const int Side = 384;
    private const int Columns = 4;
    private const int Rows = 3;

    private static readonly byte[] Truth = [255, 255, 255];
    private static readonly byte[] Found = [0, 255, 0];

    /// <summary>Writes the picture as PNG: white squares are there, green ones were found, with their two points.</summary>
    /// <param name="network">The finder.</param>
    /// <param name="composer">The scenes.</param>
    /// <param name="threshold">The score from which on a candidate is a face.</param>
    /// <param name="file">The PNG.</param>
    public static void Write(FinderNetwork network, SceneComposer composer, double threshold, string file)
    {
        var grid = new PictureGrid(Columns, Rows, Side);
        for (var i = 0; i < Columns * Rows; i++)
        {
            var scene = composer.Compose(new Random(i + 1), Side);
            var rgb = new byte[scene.Pixels.Length];
            PlanarRgb.ToBytes(scene.Pixels, rgb);
            foreach (var face in scene.Faces)
            {
                Outline(rgb, Side, CropRule.Square(face), Truth);
            }
            foreach (var face in SceneFinder.Find(network, scene.Pixels, Side, threshold).Faces)
            {
                Mark(rgb, Side, face);
            }
            grid.Set(i % Columns, i / Columns, rgb);
        }
        File.WriteAllBytes(file, grid.ToPng());
    }

    /// <summary>Writes photos with what is found in them as PNG.</summary>
    /// <param name="network">The finder.</param>
    /// <param name="photos">Files.</param>
    /// <param name="threshold">The score from which on a candidate is a face.</param>
    /// <param name="file">The PNG.</param>
    /// <exception cref="PictureException">A photo cannot be used.</exception>
    public static void WritePhotos(FinderNetwork network, IReadOnlyList<string> photos, double threshold, string file)
    {
        const int Side = FinderEvaluation.Side;
        var grid = new PictureGrid(Columns, (photos.Count + Columns - 1) / Columns, Side);
        for (var i = 0; i < photos.Count; i++)
        {
            using var picture = PictureDecoder.Decode(File.ReadAllBytes(photos[i]), leastScale: info => FinderCanvas.Scale(info, Side));
            var canvas = new float[3 * Side * Side];
            FinderCanvas.Draw(picture, Side, canvas);
            var rgb = new byte[canvas.Length];
            PlanarRgb.ToBytes(canvas, rgb);
            foreach (var face in SceneFinder.Find(network, canvas, Side, threshold).Faces)
            {
                Mark(rgb, Side, face);
            }
            grid.Set(i % Columns, i / Columns, rgb);
        }
        File.WriteAllBytes(file, grid.ToPng());
    }

    private static void Mark(byte[] rgb, int side, FoundFace face)
    {
        Outline(rgb, side, face.Square, Found);
        foreach (var point in new[] { face.Place.Sellion, face.Place.Mouth })
        {
            Outline(rgb, side, new CropSquare(point.X - 1, point.Y - 1, 2), Found);
        }
    }

    private static void Outline(byte[] rgb, int side, CropSquare square, byte[] colour)
    {
        var (left, top) = ((int)square.Left, (int)square.Top);
        var (right, bottom) = ((int)(square.Left + square.Side), (int)(square.Top + square.Side));
        for (var i = 0; i <= right - left; i++)
        {
            Dot(left + i, top);
            Dot(left + i, bottom);
            Dot(left, top + i);
            Dot(right, top + i);
        }

        void Dot(int x, int y)
        {
            if (x >= 0 && y >= 0 && x < side && y < side)
            {
                colour.CopyTo(rgb, 3 * (y * side + x));
            }
        }
    }
}
