using System.Globalization;

namespace IpGan.Imaging;

/// <summary>Looks for what may make a face's vector worse than others.</summary>
internal static class FaceNotes
{
    /// <summary>Less outside the photo is nothing but background.</summary>
    private const double LeastCutOff = 0.02;

    /// <summary>Of 200 real faces, eight in ten measure 0.31 to 0.42 at 64 pixels; the same out of focus by a tenth of the square, 0.80 to 0.86.</summary>
    internal const double LeastBlur = 0.6;

    /// <summary>All notes on a face.</summary>
    /// <param name="photo">The photo.</param>
    /// <param name="faces">All that were found.</param>
    /// <param name="taken">The one that is looked at.</param>
    /// <param name="square">What was cut of the photo: its square, or all of a photo that was taken as cut already.</param>
    /// <param name="size">Pixels a side of the network's picture.</param>
    /// <param name="planes">The square as the network sees it, [3, size, size].</param>
    public static IReadOnlyList<FaceNote> On(PictureInfo photo, IReadOnlyList<FoundFace> faces, int taken, CropSquare square, int size, ReadOnlySpan<float> planes)
    {
        var notes = new List<FaceNote>();
        void Add(FaceNoteKind kind, FormattableString words) => notes.Add(new FaceNote(kind, words.ToString(CultureInfo.InvariantCulture)));
        if (square.Side < size)
            Add(FaceNoteKind.TooSmall, $"The face's square is {square.Side:0} pixels, the network's picture {size}: a larger photo says more.");
        var blur = Blur(planes, size);
        if (blur >= LeastBlur)
            Add(FaceNoteKind.Blurred, $"The face is blurred: {blur:0.00} of a scale from 0 (sharp) to 1, where {LeastBlur:0.0} is the limit.");
        var outside = square.ShareOutside(photo.Width, photo.Height);
        if (outside >= LeastCutOff)
            Add(FaceNoteKind.CutOff, $"{outside:P0} of the face's square lie outside the photo, where its edge is repeated.");
        if (faces.Count > 1)
            Add(FaceNoteKind.SeveralFaces,
                $"There are {faces.Count} faces; this is number {taken}, counted from the left from 0. Choose another by its index or by a point in it.");
        return notes;
    }

    /// <summary>
    /// How blurred a picture is, 0 (sharp) to 1: the share of the differences between neighbours that survives averaging over nine of them (Crete, Dolmiere,
    /// Ladret, Nicolas, "The blur effect: perception and estimation with a new no-reference perceptual blur metric", SPIE 2007).
    /// </summary>
    internal static double Blur(ReadOnlySpan<float> planes, int size)
    {
        var luminance = new float[size * size];
        for (var i = 0; i < luminance.Length; i++)
            luminance[i] = 0.299f * planes[i] + 0.587f * planes[size * size + i] + 0.114f * planes[2 * size * size + i];
        return Math.Max(Along(luminance, size, 1, size), Along(luminance, size, size, 1));
    }

    private static double Along(float[] luminance, int size, int step, int line)
    {
        const int Reach = 4;
        double differences = 0, lost = 0;
        for (var at = 0; at < size; at++)
        {
            double before = 0;
            for (var i = 0; i < size; i++)
            {
                double sum = 0;
                for (var k = -Reach; k <= Reach; k++)
                    sum += luminance[at * line + Math.Clamp(i + k, 0, size - 1) * step];
                var mean = sum / (2 * Reach + 1);
                if (i > 0)
                {
                    var sharp = Math.Abs(luminance[at * line + i * step] - luminance[at * line + (i - 1) * step]);
                    differences += sharp;
                    lost += Math.Max(0, sharp - Math.Abs(mean - before));
                }
                before = mean;
            }
        }
        // A picture of one colour has nothing to be sharp.
        return differences > 1e-6 * size * size ? (differences - lost) / differences : 0;
    }
}
