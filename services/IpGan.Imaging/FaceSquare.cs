namespace IpGan.Imaging;

/// <summary>From an encoded photo straight to the square that a network sees, decoding no more than that square needs.</summary>
public static class FaceSquare
{
    /// <summary>A photo is decoded at no fewer than this many pixels for each pixel of the result.</summary>
    private const float Oversampling = 2;

    /// <summary>Decodes, cuts, resizes and normalises.</summary>
    /// <param name="content">The encoded photo.</param>
    /// <param name="face">Where the face is. Null: the photo is already the square, and is only resized.</param>
    /// <param name="size">Pixels a side of the result, 1 to 4,096.</param>
    /// <param name="destination">At least 3·size² long; receives float32 planar RGB, [3, size, size], in [−1, 1].</param>
    /// <exception cref="PictureException">The photo cannot be used (see <see cref="PictureDecoder"/>), the face's place is wrong (see
    /// <see cref="CropRule.Square(FacePlace)"/>) or outside the photo, or the photo is not square and no place is given.</exception>
    public static void Read(ReadOnlyMemory<byte> content, FacePlace? face, int size, Span<float> destination)
    {
        using var picture = Decode(content, face, size, out var square);
        SquareCutter.Cut(picture, square, size, destination);
    }

    /// <summary>As <see cref="Read"/>, into bytes.</summary>
    /// <param name="content">The encoded photo.</param>
    /// <param name="face">Where the face is. Null: the photo is already the square, and is only resized.</param>
    /// <param name="size">Pixels a side of the result, 1 to 4,096.</param>
    /// <param name="destination">At least 3·size² long; receives interleaved RGB, [size, size, 3].</param>
    /// <exception cref="PictureException">As for <see cref="Read"/>.</exception>
    public static void ReadRgb(ReadOnlyMemory<byte> content, FacePlace? face, int size, Span<byte> destination)
    {
        using var picture = Decode(content, face, size, out var square);
        SquareCutter.CutRgb(picture, square, size, destination);
    }

    /// <summary>The smallest <see cref="Picture.Scale"/> that a square can be cut from without becoming coarse.</summary>
    internal static float LeastScale(CropSquare square, int size) => Oversampling * size / square.Side;

    private static Picture Decode(ReadOnlyMemory<byte> content, FacePlace? face, int size, out CropSquare square)
    {
        CropSquare chosen = default;
        var picture = PictureDecoder.Decode(content, leastScale: info =>
        {
            chosen = Choose(info, face);
            return LeastScale(chosen, size);
        });
        square = chosen;
        return picture;
    }

    private static CropSquare Choose(PictureInfo info, FacePlace? face)
    {
        if (face is not { } place)
            return info.WholeSquare();
        var square = CropRule.Square(place);
        CheckInside(info, place.Sellion, "sellion");
        CheckInside(info, place.Mouth, "mouth");
        return square;
    }

    private static void CheckInside(PictureInfo info, PicturePoint point, string name)
    {
        if (point.X < 0 || point.Y < 0 || point.X > info.Width || point.Y > info.Height)
            throw new PictureException(
                $"The face's {name} ({point.X:0.#}, {point.Y:0.#}) is outside the picture, which is {info.Width}×{info.Height} pixels.");
    }
}
