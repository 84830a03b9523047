namespace IpGan.Imaging;

/// <summary>What a picture's header says.</summary>
/// <param name="Format">The encoding.</param>
/// <param name="Width">Pixels across, as displayed: after the EXIF orientation.</param>
/// <param name="Height">Pixels down, as displayed.</param>
public readonly record struct PictureInfo(PictureFormat Format, int Width, int Height)
{
    /// <summary>The whole picture as a square.</summary>
    /// <exception cref="PictureException">The picture is not square.</exception>
    public CropSquare WholeSquare() =>
        Width == Height
            ? new CropSquare(0, 0, Width)
            : throw new PictureException(
                $"The picture is {Width}×{Height} and so not a square cut by the crop rule; say where the face is, or send the square.");
}
