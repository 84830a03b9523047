namespace IpGan.Imaging;

/// <summary>A square in pixels of the picture as displayed. It may reach outside the picture.</summary>
/// <param name="Left">Its left edge.</param>
/// <param name="Top">Its upper edge.</param>
/// <param name="Side">Its side, above 0.</param>
public readonly record struct CropSquare(float Left, float Top, float Side)
{
    /// <summary>The middle.</summary>
    public PicturePoint Centre => new(Left + Side / 2, Top + Side / 2);

    /// <summary>True if the point is in it.</summary>
    public bool Holds(PicturePoint point) => point.X >= Left && point.X <= Left + Side && point.Y >= Top && point.Y <= Top + Side;

    /// <summary>The area that two squares share, as a share of the area that they cover together: 0 to 1.</summary>
    public double Overlap(CropSquare other)
    {
        var shared = Shared(Left, Side, other.Left, other.Side) * Shared(Top, Side, other.Top, other.Side);
        return shared / ((double)Side * Side + (double)other.Side * other.Side - shared);
    }

    /// <summary>The share of the smaller square's area that lies in the other: 0 to 1.</summary>
    public double Nesting(CropSquare other)
    {
        var smaller = Math.Min(Side, other.Side);
        return Shared(Left, Side, other.Left, other.Side) * Shared(Top, Side, other.Top, other.Side) / ((double)smaller * smaller);
    }

    /// <summary>The share of its area that lies outside a picture: 0 to 1.</summary>
    public double ShareOutside(int width, int height) => 1 - Shared(Left, Side, 0, width) * Shared(Top, Side, 0, height) / ((double)Side * Side);

    private static double Shared(double from, double length, double otherFrom, double otherLength) =>
        Math.Max(0, Math.Min(from + length, otherFrom + otherLength) - Math.Max(from, otherFrom));
}

/// <summary>
/// The one square that every network sees. S is the distance from sellion to mouth, which hardly changes with yaw. The side is 2.6 S; the
/// centre is the points' midpoint, moved down by 0.12 S and, horizontally, by −0.6 S sin(yaw), so that a profile is centred on the head
/// rather than on the nose. Roll is not removed: it belongs to the pose.
/// </summary>
public static class CropRule
{
    /// <summary>The rule's name in the names of spaces. Another rule is another name.</summary>
    public const string Id = "square1";

    private const double SideFactor = 2.6;
    private const double DownFactor = 0.12;
    private const double YawFactor = 0.6;

    /// <summary>The square of a face.</summary>
    /// <exception cref="PictureException">A value is not finite, the yaw is outside [−180, 180], or the points are less than one pixel
    /// or more than a million pixels apart.</exception>
    public static CropSquare Square(FacePlace face)
    {
        var (sellion, mouth) = (face.Sellion, face.Mouth);
        if (!float.IsFinite(sellion.X) || !float.IsFinite(sellion.Y) || !float.IsFinite(mouth.X) || !float.IsFinite(mouth.Y))
            throw new PictureException("The face's place has a coordinate that is not finite; sellion and mouth are points in pixels.");
        if (!(Math.Abs(face.Yaw) <= 180))
            throw new PictureException($"The face's yaw is {face.Yaw}; it must be within [-180, 180] degrees.");

        var s = Math.Sqrt(Square((double)mouth.X - sellion.X) + Square((double)mouth.Y - sellion.Y));
        if (!(s >= 1 && s <= 1e6))
            throw new PictureException(
                $"The face's sellion and mouth are {s:0.##} pixels apart; they must be two points, at least 1 pixel apart.");

        var side = SideFactor * s;
        var x = ((double)sellion.X + mouth.X) / 2 - YawFactor * s * Math.Sin(face.Yaw * Math.PI / 180);
        var y = ((double)sellion.Y + mouth.Y) / 2 + DownFactor * s;
        return new CropSquare((float)(x - side / 2), (float)(y - side / 2), (float)side);
    }

    private static double Square(double value) => value * value;
}
