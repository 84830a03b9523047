using System.Numerics.Tensors;
using IpGan.Imaging;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using static TorchSharp.torch;

namespace IpGan.Training.Finding;

/// <summary>What finding costs: the pairs of the evaluation, verified with the data set's squares and with those that the finder finds in the same pictures.
/// A picture lies at its own size on an empty canvas; the services would enlarge it to the canvas, so that finer grids tell the face here.</summary>
public static class FoundSquaresMeasure
{
    private const int SquareSize = 128;

    /// <summary>Measures on the validation people.</summary>
    /// <param name="network">The finder.</param>
    /// <param name="threshold">The score from which on a candidate is a face.</param>
    /// <param name="model">Whose identity encoder verifies.</param>
    /// <param name="faces">The data set.</param>
    /// <exception cref="DataSetException">The table has too few frontal and profile photos of validation people.</exception>
    public static FoundSquares Run(FinderNetwork network, double threshold, FaceModel model, TrainingFaces faces)
    {
        var people = Evaluator.People(faces);
        var given = new Dictionary<int, float[]>();
        var found = new Dictionary<int, float[]>();
        var seen = 0;
        foreach (var photo in people.SelectMany(p => p))
        {
            var content = File.ReadAllBytes(faces.Table.Faces[photo].Path);
            using var picture = PictureDecoder.Decode(content);
            given.Add(photo, Vector(model, picture, picture.Info.WholeSquare()));
            var canvas = new float[3 * FinderEvaluation.Side * FinderEvaluation.Side];
            Lay(picture, canvas);
            if (SceneFinder.Find(network, canvas, FinderEvaluation.Side, threshold).Faces.Select(f => f.Square).OrderByDescending(s => s.Side).FirstOrDefault() is { Side: > 0 } square)
            {
                seen++;
                // From the canvas back to the picture, which it may have been too small for.
                var scale = (float)picture.Width / Math.Min(FinderEvaluation.Side, picture.Width);
                found.Add(photo, Vector(model, picture, new CropSquare(square.Left * scale, square.Top * scale, square.Side * scale)));
            }
            else
            {
                found.Add(photo, given[photo]);
            }
        }
        var table = faces.Table.Faces;
        var frontal = Evaluator.Pairs(people, i => table[i].Frontal, i => table[i].Frontal);
        var profile = Evaluator.Pairs(people, i => table[i].Frontal, i => table[i].Profile);
        Verification Measure((List<(int, int)>, List<(int, int)>) pairs, Dictionary<int, float[]> vectors) =>
            Evaluator.Measure(faces, pairs, p => TensorPrimitives.Dot<float>(vectors[p.Item1], vectors[p.Item2]));
        return new FoundSquares(
            (double)seen / given.Count, Measure(frontal, given), Measure(frontal, found), Measure(profile, given), Measure(profile, found));
    }

    // The picture as it is, at the upper left of a mid-grey canvas.
    private static void Lay(Picture picture, float[] canvas)
    {
        var (side, width) = (FinderEvaluation.Side, Math.Min(FinderEvaluation.Side, picture.Width));
        var pixels = new float[3 * width * width];
        SquareCutter.Cut(picture, picture.Info.WholeSquare(), width, pixels);
        for (var plane = 0; plane < 3; plane++)
        {
            for (var y = 0; y < width; y++)
            {
                pixels.AsSpan((plane * width + y) * width, width).CopyTo(canvas.AsSpan((plane * side + y) * side));
            }
        }
    }

    private static float[] Vector(FaceModel model, Picture picture, CropSquare square)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var planes = new float[3 * SquareSize * SquareSize];
        SquareCutter.Cut(picture, square, SquareSize, planes);
        return model.Identity(tensor(planes, [1, 3, SquareSize, SquareSize])).data<float>().ToArray();
    }
}
