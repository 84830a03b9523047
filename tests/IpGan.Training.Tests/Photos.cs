using static TorchSharp.torch;

namespace IpGan.Tests;

/// <summary>Photos as networks see them.</summary>
internal static class Photos
{
    /// <summary>A picture that is cut by the crop rule, [1, 3, side, side] in [−1, 1].</summary>
    public static Tensor Picture(string path, int side)
    {
        var rgb = new byte[side * side * 3];
        Imaging.FaceSquare.ReadRgb(File.ReadAllBytes(path), face: null, side, rgb);
        return tensor(rgb).view(1, side, side, 3).permute(0, 3, 1, 2).to(ScalarType.Float32) / 127.5 - 1;
    }
}
