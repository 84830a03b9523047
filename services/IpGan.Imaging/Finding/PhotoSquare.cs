namespace IpGan.Imaging;

/// <summary>A face that was found, and the square that was cut.</summary>
/// <param name="Photo">The photo that it was found in.</param>
/// <param name="Faces">All faces in it, from left to right.</param>
/// <param name="Taken">The one that was taken.</param>
/// <param name="AlreadyCut">The picture is that face's square already, and was taken as a whole.</param>
/// <param name="Notes">What may make its vector worse than others.</param>
public sealed record TakenFace(PictureInfo Photo, IReadOnlyList<FoundFace> Faces, int Taken, bool AlreadyCut, IReadOnlyList<FaceNote> Notes)
{
    /// <summary>The one that was taken.</summary>
    public FoundFace Face => Faces[Taken];
}

/// <summary>
/// From any encoded photo to the square that a network sees: finds the face, chooses and cuts. The photo is decoded once, unless the face is so small in it
/// that its square needs more pixels than finding it did.
/// </summary>
public static class PhotoSquare
{
    /// <summary>A square picture of which a face's square covers this much, or more, is that square already.</summary>
    private const double AlreadyCut = 0.6;

    /// <summary>Finds, chooses, cuts, resizes and normalises.</summary>
    /// <param name="content">The encoded photo.</param>
    /// <param name="finder">Finds the faces.</param>
    /// <param name="choice">Says which one.</param>
    /// <param name="size">Pixels a side of the result, 1 to 4,096.</param>
    /// <param name="destination">At least 3·size² long; receives float32 planar RGB, [3, size, size], in [−1, 1].</param>
    /// <exception cref="PictureException">The photo cannot be used, or there is no face as chosen.</exception>
    /// <exception cref="NoFaceException">No face was found.</exception>
    public static TakenFace Read(
        ReadOnlyMemory<byte> content, FaceFinder finder, FaceChoice choice, int size, Span<float> destination)
    {
        using var picture = PictureDecoder.Decode(content, leastScale: finder.LeastScale);
        var found = finder.Find(picture);
        if (found.Faces.Count == 0)
            throw NoFace(picture.Info, found.BestRejected, finder.Threshold);
        var taken = choice.Among(found.Faces);
        var square = found.Faces[taken].Square;
        var whole = picture.Info.Width == picture.Info.Height && picture.Info.WholeSquare() is var all && square.Overlap(all) >= AlreadyCut;
        var cut = whole ? picture.Info.WholeSquare() : square;
        // A square that is taken as it is is decoded as FaceSquare would: the same pixels, and so the same vector, as when the caller says that it is cropped.
        var scale = PictureDecoder.ScaleFor(picture.Info.Format, FaceSquare.LeastScale(cut, size));
        using (var again = (whole ? picture.Scale == scale : picture.Scale >= scale) ? null : PictureDecoder.Decode(content, leastScale: _ => scale))
            SquareCutter.Cut(again ?? picture, cut, size, destination);
        return new TakenFace(picture.Info, found.Faces, taken, whole, FaceNotes.On(picture.Info, found.Faces, taken, cut, size, destination));
    }

    /// <summary>All faces, each with its notes.</summary>
    /// <param name="content">The encoded photo.</param>
    /// <param name="finder">Finds the faces.</param>
    /// <param name="size">Pixels a side of the picture that a network would see of each.</param>
    /// <exception cref="PictureException">The photo cannot be used.</exception>
    public static (PictureInfo Photo, FoundFaces Found, IReadOnlyList<IReadOnlyList<FaceNote>> Notes) Survey(
        ReadOnlyMemory<byte> content, FaceFinder finder, int size)
    {
        using var picture = PictureDecoder.Decode(content, leastScale: finder.LeastScale);
        var found = finder.Find(picture);
        var scale = found.Faces.Select(f => PictureDecoder.ScaleFor(picture.Info.Format, FaceSquare.LeastScale(f.Square, size))).DefaultIfEmpty().Max();
        using var again = picture.Scale >= scale ? null : PictureDecoder.Decode(content, leastScale: _ => scale);
        var planes = new float[3 * size * size];
        var notes = new List<IReadOnlyList<FaceNote>>();
        for (var i = 0; i < found.Faces.Count; i++)
        {
            SquareCutter.Cut(again ?? picture, found.Faces[i].Square, size, planes);
            notes.Add(FaceNotes.On(picture.Info, found.Faces, i, found.Faces[i].Square, size, planes));
        }
        return (picture.Info, found, notes);
    }

    private static NoFaceException NoFace(PictureInfo photo, float best, double threshold) => new(
        FormattableString.Invariant($"No face was found in the picture of {photo.Width}×{photo.Height} pixels: the best candidate's score is {best:0.00}, ")
        + FormattableString.Invariant($"a face's is {threshold:0.00} or more. Say where the face is; or, if the picture is a face's square already, that it is cropped."),
        best, threshold);
}
