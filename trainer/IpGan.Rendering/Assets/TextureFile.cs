using System.Numerics;
using IpGan.Rendering.Drawing;
using SkiaSharp;

namespace IpGan.Rendering.Assets;

/// <summary>A texture as it lies in its file.</summary>
internal static class TextureFile
{
    private const int LargestSide = 8192;

    /// <summary>Decodes it to linear light.</summary>
    /// <exception cref="AssetException">It is missing, no picture, or too large.</exception>
    public static Texture Read(string path)
    {
        using var codec = File.Exists(path) ? SKCodec.Create(path) : throw new AssetException($"There is no texture '{path}'.");
        if (codec is null)
            throw new AssetException($"'{path}' is no PNG or JPEG; a Git LFS pointer looks like this: fetch the file itself.");
        var info = codec.Info.WithColorType(SKColorType.Rgba8888).WithAlphaType(SKAlphaType.Unpremul);
        if (info.Width is < 16 or > LargestSide || info.Height is < 16 or > LargestSide)
            throw new AssetException($"'{path}' has {info.Width}×{info.Height} pixels; a texture has 16 to {LargestSide} a side.");
        using var bitmap = new SKBitmap(info);
        if (codec.GetPixels(info, bitmap.GetPixels()) != SKCodecResult.Success)
            throw new AssetException($"'{path}' is damaged or cut off.");
        var pixels = bitmap.GetPixelSpan();
        var texels = new Vector4[info.Width * info.Height];
        for (var i = 0; i < texels.Length; i++)
        {
            var alpha = pixels[4 * i + 3] / 255f;
            texels[i] = new Vector4(Srgb.ToLinear(pixels[4 * i]) * alpha, Srgb.ToLinear(pixels[4 * i + 1]) * alpha,
                Srgb.ToLinear(pixels[4 * i + 2]) * alpha, alpha);
        }
        return new Texture(info.Width, info.Height, texels);
    }
}
