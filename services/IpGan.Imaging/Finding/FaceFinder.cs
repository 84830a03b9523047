using System.Buffers;

namespace IpGan.Imaging;

/// <summary>Finds faces in photos: all but the network, which is given.</summary>
/// <param name="side">Pixels a side of the network's picture.</param>
/// <param name="candidates">How many the network gives.</param>
/// <param name="threshold">The score from which on a candidate is a face.</param>
/// <param name="network">From [3, side, side] to [candidates, 6]: score, sellion x and y, mouth x and y (fractions of the side), yaw / 90.</param>
public sealed class FaceFinder(int side, int candidates, double threshold, Action<Memory<float>, Memory<float>> network)
{
    /// <summary>Two squares that share more than this of the area that they cover together are one face.</summary>
    private const double OneFace = 0.4;

    /// <summary>So are two of which the one lies in the other to this share, or more: a head is where another cannot be.</summary>
    private const double Nested = 0.8;

    private const int Columns = 6;

    /// <summary>The score from which on a candidate is a face.</summary>
    public double Threshold => threshold;

    /// <summary>The smallest <see cref="Picture.Scale"/> at which a photo needs to be decoded to find faces in it.</summary>
    public float LeastScale(PictureInfo info) => FinderCanvas.Scale(info, side);

    /// <summary>The faces in a photo.</summary>
    public FoundFaces Find(Picture picture)
    {
        var (pixels, answers) = (3 * side * side, candidates * Columns);
        var canvas = ArrayPool<float>.Shared.Rent(pixels);
        var found = ArrayPool<float>.Shared.Rent(answers);
        try
        {
            FinderCanvas.Draw(picture, side, canvas.AsSpan(0, pixels));
            network(canvas.AsMemory(0, pixels), found.AsMemory(0, answers));
            return Read(found.AsSpan(0, answers), picture.Info, side, threshold);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(canvas);
            ArrayPool<float>.Shared.Return(found);
        }
    }

    /// <summary>From a network's candidates to faces: those above the threshold, each once.</summary>
    /// <param name="candidates">[K, 6].</param>
    /// <param name="photo">The photo that was drawn on the canvas.</param>
    /// <param name="side">Pixels a side of the canvas.</param>
    /// <param name="threshold">The score from which on a candidate is a face.</param>
    public static FoundFaces Read(ReadOnlySpan<float> candidates, PictureInfo photo, int side, double threshold)
    {
        var (likely, best) = (new List<FoundFace>(), 0f);
        for (var i = 0; i + Columns <= candidates.Length; i += Columns)
        {
            var candidate = candidates.Slice(i, Columns);
            if (candidate[0] < threshold)
                best = Math.Max(best, candidate[0]);
            // A score that is no number is none.
            else if (candidate[0] >= threshold && Place(candidate, photo, side) is { } place)
                likely.Add(new FoundFace(place, candidate[0], CropRule.Square(place)));
        }
        likely.Sort((a, b) => b.Score.CompareTo(a.Score));
        var faces = new List<FoundFace>();
        foreach (var face in likely)
        {
            if (faces.TrueForAll(f => f.Square.Overlap(face.Square) <= OneFace && f.Square.Nesting(face.Square) < Nested))
                faces.Add(face);
        }
        return new FoundFaces([.. faces.OrderBy(f => f.Square.Centre.X).ThenBy(f => f.Square.Centre.Y)], best);
    }

    /// <summary>Null for a candidate that the crop rule cannot use: a point outside the photo, or both in one pixel.</summary>
    private static FacePlace? Place(ReadOnlySpan<float> candidate, PictureInfo photo, int side)
    {
        var scale = side / FinderCanvas.Scale(photo, side);
        var (sellion, mouth) = (new PicturePoint(candidate[1] * scale, candidate[2] * scale), new PicturePoint(candidate[3] * scale, candidate[4] * scale));
        var apart = MathF.Sqrt(MathF.Pow(sellion.X - mouth.X, 2) + MathF.Pow(sellion.Y - mouth.Y, 2));
        return Inside(sellion) && Inside(mouth) && apart >= 1 && float.IsFinite(candidate[5])
            ? new FacePlace(sellion, mouth, Math.Clamp(candidate[5], -1, 1) * 90)
            : null;

        bool Inside(PicturePoint p) => p.X >= 0 && p.Y >= 0 && p.X <= photo.Width && p.Y <= photo.Height;
    }
}
