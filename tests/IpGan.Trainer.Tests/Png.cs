using System.Buffers.Binary;

namespace IpGan.Trainer.Tests;

internal static class Png
{
    /// <summary>Size of a grid of 32 px pictures, each with a gap around it.</summary>
    public static (int Width, int Height) GridSize(int columns, int rows) => (columns * 34 + 2, rows * 34 + 2);

    /// <summary>Width and height by the header (ISO 15948, 11.2.2), of a file that is a PNG in truth.</summary>
    public static (int Width, int Height) Size(string file)
    {
        var bytes = File.ReadAllBytes(file);
        Assert.Equal("\u0089PNG\r\n\u001a\n".Select(c => (byte)c), bytes[..8]);
        var size = (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)));
        using var decoded = SkiaSharp.SKBitmap.Decode(bytes);
        Assert.Equal(size, (decoded.Width, decoded.Height));
        return size;
    }
}
