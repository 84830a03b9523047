namespace IpGan.Rendering.Drawing;

/// <summary>Between sRGB bytes and linear light (IEC 61966-2-1).</summary>
internal static class Srgb
{
    private const int Steps = 4096;
    private static readonly float[] Linear = [.. Enumerable.Range(0, 256).Select(i => Decode(i / 255.0))];
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, Steps + 1).Select(i => (byte)Math.Round(Encode((double)i / Steps) * 255))];

    /// <summary>0 to 255 → linear light in [0, 1].</summary>
    public static float ToLinear(byte value) => Linear[value];

    /// <summary>Linear light → 0 to 255; clamped.</summary>
    public static byte ToByte(float value) => Bytes[(int)(Math.Clamp(value, 0, 1) * Steps + 0.5f)];

    private static float Decode(double value) => (float)(value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4));

    private static double Encode(double value) => value <= 0.0031308 ? value * 12.92 : 1.055 * Math.Pow(value, 1 / 2.4) - 0.055;
}
