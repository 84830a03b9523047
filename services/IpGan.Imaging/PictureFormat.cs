namespace IpGan.Imaging;

/// <summary>The encodings that are read.</summary>
public enum PictureFormat
{
    /// <summary>JPEG, baseline or progressive.</summary>
    Jpeg,

    /// <summary>PNG.</summary>
    Png,

    /// <summary>WebP, lossy or lossless; the first frame of an animation.</summary>
    Webp,
}

/// <summary>Tells encodings apart by their first bytes, never by a name.</summary>
internal static class PictureFormats
{
    /// <exception cref="PictureException">Empty, of a type that is not read, or no picture.</exception>
    public static PictureFormat Detect(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
            throw new PictureException("The picture is empty (0 bytes); send a JPEG, PNG or WebP file.");
        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return PictureFormat.Jpeg;
        if (content.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
            return PictureFormat.Png;
        if (IsRiff(content, "WEBP"u8))
            return PictureFormat.Webp;
        throw Foreign(content) is { } type
            ? new PictureException($"The picture is of type {type}, which is not read; send JPEG, PNG or WebP.")
            : new PictureException($"The {content.Length:N0} bytes are not a picture; send a JPEG, PNG or WebP file.");
    }

    private static bool IsRiff(ReadOnlySpan<byte> content, ReadOnlySpan<byte> kind) =>
        content.Length >= 12 && content.StartsWith("RIFF"u8) && content[8..].StartsWith(kind);

    private static string? Foreign(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith("GIF8"u8))
            return "GIF";
        if (content.StartsWith("BM"u8) && content.Length > 26)
            return "BMP";
        if (content.StartsWith("II*\0"u8) || content.StartsWith("MM\0*"u8))
            return "TIFF";
        if (content.Length >= 12 && content[4..].StartsWith("ftyp"u8))
            return content[8..].StartsWith("avi"u8) ? "AVIF" : "HEIF or a video";
        if (content.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0]))
            return "ICO";
        if (content.StartsWith("%PDF"u8))
            return "PDF";
        if (content.StartsWith("<svg"u8) || content.StartsWith("<?xml"u8))
            return "SVG or XML";
        return null;
    }
}
