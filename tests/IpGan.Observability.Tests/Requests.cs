using Google.Protobuf;
using IpGan.V1;
using SkiaSharp;

namespace IpGan.Observability.Tests;

/// <summary>What the tests ask.</summary>
internal static class Requests
{
    public static byte[] Photo { get; } = Pictures.Square(1, 160, SKEncodedImageFormat.Jpeg);

    public static Image Image => new() { Content = ByteString.CopyFrom(Photo), Cropped = true };

    public static EmbedRequest Embed => new() { Image = Image };

    public static EmbedRequest BadEmbed => new() { Image = new Image { Content = ByteString.CopyFromUtf8("no picture"), Cropped = true } };

    public static RotateRequest Rotate => new() { Source = new RotationSource { Image = Image }, Targets = { new RotationTarget { Image = Image } } };

    public static StringContent RotateJson => new(
        $$$"""{"source":{"image":{"content":"{{{Convert.ToBase64String(Photo)}}}","cropped":true}},"targets":[{"angles":{"yaw":20}}]}""",
        System.Text.Encoding.UTF8, "application/json");
}
