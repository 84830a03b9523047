using SkiaSharp;

namespace IpGan.Studio.Tests;

public sealed class DownloadTests(Studio studio)
{
    [Fact]
    public Task Picture_strip_and_turning_head_are_saved_in_the_chosen_size() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        await page.Locator("#download-size").SelectOptionAsync("512");

        var (name, content) = await page.SaveAsync("#download-picture");
        Assert.Equal(("face.png", SKEncodedImageFormat.Png, 512, 512), Describe(name, content));

        (name, content) = await page.SaveAsync("#download-strip");
        Assert.Equal(("face-strip.png", SKEncodedImageFormat.Png, 9 * 512, 512), Describe(name, content));
    });

    [Fact]
    public Task The_animation_is_the_services_own_frames_there_and_back() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        await page.Locator("#download-size").SelectOptionAsync("0");
        var answer = page.WaitForResponseAsync("**/v1/rotate");
        var (name, content) = await page.SaveAsync("#download-turn");
        Assert.Equal(("face-turning.webp", SKEncodedImageFormat.Webp, 128, 128), Describe(name, content));

        var stills = (await (await answer).JsonAsync())!.Value.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("content").GetBytesFromBase64()).ToList();
        using var codec = SKCodec.Create(SKData.CreateCopy(content));
        Assert.Equal(25, stills.Count);
        Assert.Equal(48, codec.FrameCount);
        Assert.All(codec.FrameInfo, frame => Assert.Equal(60, frame.Duration));
        for (var i = 0; i < codec.FrameCount; i++)
        {
            using var still = SKBitmap.Decode(stills[i < 25 ? i : 48 - i]);
            using var frame = new SKBitmap(still.Info);
            Assert.Equal(SKCodecResult.Success, codec.GetPixels(frame.Info, frame.GetPixels(), new SKCodecOptions(i)));
            Assert.Equal(still.Bytes, frame.Bytes);
        }
    });

    private static (string Name, SKEncodedImageFormat Format, int Width, int Height) Describe(string name, byte[] content)
    {
        using var codec = SKCodec.Create(SKData.CreateCopy(content));
        return (name, codec.EncodedFormat, codec.Info.Width, codec.Info.Height);
    }
}
