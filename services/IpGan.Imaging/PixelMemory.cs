using System.Buffers;

namespace IpGan.Imaging;

/// <summary>Arrays of pixels: from the shared pool, but for large ones, which it would round up to a power of two and keep.</summary>
internal static class PixelMemory
{
    private const int Pooled = 16 * 1024 * 1024;

    /// <summary>An array of at least so many bytes, with anything in it.</summary>
    public static byte[] Rent(int bytes) => bytes <= Pooled ? ArrayPool<byte>.Shared.Rent(bytes) : GC.AllocateUninitializedArray<byte>(bytes);

    /// <summary>Gives one back.</summary>
    public static void Return(byte[] pixels)
    {
        if (pixels.Length <= Pooled)
            ArrayPool<byte>.Shared.Return(pixels);
    }
}
