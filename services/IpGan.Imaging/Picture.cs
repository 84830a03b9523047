namespace IpGan.Imaging;

/// <summary>
/// A decoded picture as displayed (EXIF orientation applied, alpha laid onto grey), colours as stored (no profile, no gamma applied).
/// Coordinates, <see cref="Width"/> and <see cref="Height"/> are those of the full picture, even when fewer pixels were decoded.
/// Disposing gives the pixels back to a pool.
/// </summary>
public sealed class Picture : IDisposable
{
    private byte[]? _pixels;

    internal Picture(PictureInfo info, byte[] pixels, int pixelWidth, int pixelHeight, float scale)
    {
        Info = info;
        _pixels = pixels;
        PixelWidth = pixelWidth;
        PixelHeight = pixelHeight;
        Scale = scale;
    }

    /// <summary>What the header said.</summary>
    public PictureInfo Info { get; }

    /// <summary>Pixels across, of the full picture.</summary>
    public int Width => Info.Width;

    /// <summary>Pixels down, of the full picture.</summary>
    public int Height => Info.Height;

    /// <summary>Decoded pixels across: <see cref="Width"/> times <see cref="Scale"/>, rounded up.</summary>
    public int PixelWidth { get; }

    /// <summary>Decoded pixels down.</summary>
    public int PixelHeight { get; }

    /// <summary>Decoded pixels for each pixel of the full picture along one side: 1, 1/2, 1/4 or 1/8.</summary>
    public float Scale { get; }

    /// <summary>The decoded pixels, row by row, four bytes each: red, green, blue, and one that means nothing.</summary>
    /// <exception cref="ObjectDisposedException">The picture was disposed.</exception>
    public ReadOnlySpan<byte> Pixels
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pixels is null, this);
            return _pixels.AsSpan(0, PixelWidth * PixelHeight * 4);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels)
            PixelMemory.Return(pixels);
    }
}
