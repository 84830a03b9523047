namespace IpGan.Imaging;

/// <summary>
/// What a face finder sees: the whole photo, as displayed, scaled so that its longer side fills the canvas (small photos are enlarged, up to a limit), at the
/// upper left. The rest is 0.
/// </summary>
public static class FinderCanvas
{
    private const float MostEnlarged = 4;

    /// <summary>Pixels of the canvas for each pixel of the photo.</summary>
    /// <param name="info">The photo.</param>
    /// <param name="side">Pixels a side of the canvas.</param>
    public static float Scale(PictureInfo info, int side) => Math.Min((float)side / Math.Max(info.Width, info.Height), MostEnlarged);

    /// <summary>Draws the canvas.</summary>
    /// <param name="picture">The photo, decoded at no less than <see cref="Scale"/>.</param>
    /// <param name="side">Pixels a side of the canvas, 1 to 4,096.</param>
    /// <param name="destination">At least 3·side² long; receives float32 planar RGB, [3, side, side], in [−1, 1].</param>
    public static void Draw(Picture picture, int side, Span<float> destination)
    {
        var scale = Scale(picture.Info, side);
        SquareCutter.Cut(picture, new CropSquare(0, 0, side / scale), side, destination);
        // Beside the photo its edge was repeated.
        var (width, height) = (Pixels(picture.Width * scale), Pixels(picture.Height * scale));
        for (var plane = 0; plane < 3; plane++)
        {
            var pixels = destination.Slice(plane * side * side, side * side);
            for (var y = 0; y < height; y++)
                pixels[(y * side + width)..((y + 1) * side)].Clear();
            pixels[(height * side)..].Clear();
        }

        int Pixels(float length) => Math.Clamp((int)MathF.Round(length), 1, side);
    }
}
