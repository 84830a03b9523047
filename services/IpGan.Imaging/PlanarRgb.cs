namespace IpGan.Imaging;

/// <summary>Between bytes, interleaved [size, size, 3], and the networks' float32 planes, [3, size, size] in [−1, 1].</summary>
public static class PlanarRgb
{
    /// <summary>Bytes → planes.</summary>
    /// <param name="rgb">3·n bytes, interleaved.</param>
    /// <param name="planes">At least as long; receives n reds, n greens, n blues.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromBytes(ReadOnlySpan<byte> rgb, Span<float> planes)
    {
        var plane = Check(rgb.Length, planes.Length);
        for (var i = 0; i < plane; i++)
        {
            planes[i] = rgb[3 * i] / 127.5f - 1;
            planes[plane + i] = rgb[3 * i + 1] / 127.5f - 1;
            planes[2 * plane + i] = rgb[3 * i + 2] / 127.5f - 1;
        }
    }

    /// <summary>Planes → bytes, rounded to the nearest; values outside [−1, 1] are clamped and NaN becomes 0.</summary>
    /// <param name="planes">n reds, n greens, n blues.</param>
    /// <param name="rgb">At least as long; receives 3·n bytes, interleaved.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void ToBytes(ReadOnlySpan<float> planes, Span<byte> rgb)
    {
        var plane = Check(planes.Length, rgb.Length);
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

    private static int Check(int source, int destination)
    {
        if (source % 3 != 0)
            throw new ArgumentException($"The source holds {source} numbers; three for each pixel were expected.");
        if (destination < source)
            throw new ArgumentException($"The destination holds {destination} numbers; {source} are needed.");
        return source / 3;
    }
}
