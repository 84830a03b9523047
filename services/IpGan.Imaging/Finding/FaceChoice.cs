namespace IpGan.Imaging;

/// <summary>Which of several faces is meant: the largest, unless an index or a point is given.</summary>
/// <param name="Index">From left to right, from 0.</param>
/// <param name="Point">The face whose square holds this point, or the nearest.</param>
public readonly record struct FaceChoice(int? Index = null, PicturePoint? Point = null)
{
    /// <summary>The place of the chosen face in a list that runs from left to right.</summary>
    /// <exception cref="PictureException">There is none of this index, or the point is none.</exception>
    public int Among(IReadOnlyList<FoundFace> faces)
    {
        if (Index is { } index)
        {
            return index >= 0 && index < faces.Count
                ? index
                : throw new PictureException(faces.Count == 1
                    ? $"There is no face {index}: one was found, and its index is 0."
                    : $"There is no face {index}: {faces.Count} were found, from left to right 0 to {faces.Count - 1}.");
        }
        if (Point is not { } point)
            return Best(faces, f => -f.Square.Side);
        if (!float.IsFinite(point.X) || !float.IsFinite(point.Y))
            throw new PictureException("The point that chooses a face has a coordinate that is not finite.");
        // Squares may overlap: of those that hold the point, too, the nearest middle.
        return Best(faces, f => (f.Square.Holds(point) ? 0 : 1e9) + Distance(f.Square.Centre, point));
    }

    private static int Best(IReadOnlyList<FoundFace> faces, Func<FoundFace, double> cost) => Enumerable.Range(0, faces.Count).MinBy(i => cost(faces[i]));

    private static double Distance(PicturePoint a, PicturePoint b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2));
}
