using System.Runtime.InteropServices;
using SkiaSharp;

namespace IpGan.Imaging;

/// <summary>Turns stored pixels to the way a viewer shows them.</summary>
internal static class Orientation
{
    /// <summary>True if the picture as displayed is as wide as the stored one is high.</summary>
    public static bool SwapsSides(SKEncodedOrigin origin) => origin
        is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>
    /// The pixels as displayed: <paramref name="stored"/> itself if nothing is to be turned, else another array.
    /// </summary>
    public static byte[] Apply(SKEncodedOrigin origin, byte[] stored, int width, int height)
    {
        // Displayed pixel (x, y) is stored pixel start + x·stepX + y·stepY.
        var last = width * height - 1;
        var (start, stepX, stepY) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width),
            SKEncodedOrigin.BottomRight => (last, -1, -width),
            SKEncodedOrigin.BottomLeft => (last - width + 1, 1, -width),
            SKEncodedOrigin.LeftTop => (0, width, 1),
            SKEncodedOrigin.RightTop => (last - width + 1, -width, 1),
            SKEncodedOrigin.RightBottom => (last, -width, -1),
            SKEncodedOrigin.LeftBottom => (width - 1, width, -1),
            _ => (0, 1, width),
        };
        if (stepX == 1 && start == 0)
            return stored;

        var shown = PixelMemory.Rent(width * height * 4);
        var from = MemoryMarshal.Cast<byte, uint>(stored.AsSpan());
        var to = MemoryMarshal.Cast<byte, uint>(shown.AsSpan());
        var (shownWidth, shownHeight) = SwapsSides(origin) ? (height, width) : (width, height);
        for (int y = 0, target = 0; y < shownHeight; y++)
        {
            var source = start + y * stepY;
            for (var x = 0; x < shownWidth; x++, source += stepX)
                to[target++] = from[source];
        }
        return shown;
    }
}
