namespace IpGan.Imaging;

/// <summary>From the networks' float32 planes, [3, size, size] in [−1, 1], to bytes, interleaved [size, size, 3].</summary>
public static class PlanarRgb
{
    /// <summary>Planes → bytes, rounded to the nearest; values outside [−1, 1] are clamped and NaN becomes 0.</summary>
    /// <param name="planes">n reds, n greens, n blues.</param>
    /// <param name="rgb">At least as long; receives 3·n bytes, interleaved.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void ToBytes(ReadOnlySpan<float> planes, Span<byte> rgb)
    {
        if (planes.Length % 3 != 0)
            throw new ArgumentException($"The source holds {planes.Length} numbers; three for each pixel were expected.");
        if (rgb.Length < planes.Length)
            throw new ArgumentException($"The destination holds {rgb.Length} numbers; {planes.Length} are needed.");
        var plane = planes.Length / 3;
        for (var i = 0; i < plane; i++)
        {
            rgb[3 * i] = ToByte(planes[i]);
            rgb[3 * i + 1] = ToByte(planes[plane + i]);
            rgb[3 * i + 2] = ToByte(planes[2 * plane + i]);
        }
    }

    internal static byte ToByte(float value)
    {
        var scaled = (value + 1) * 127.5f + 0.5f;
        return scaled >= 0 ? (byte)Math.Min(scaled, 255f) : (byte)0;
    }
}
