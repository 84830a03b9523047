using System.Text.Json;
using CsCheck;
using IpGan.Imaging;
using SkiaSharp;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

public sealed class CropTests(Studio studio)
{
    private const string Choose = "Choose a photo";

    /// <summary>The first image that was sent with the place of its face.</summary>
    private static JsonElement Marked(IEnumerable<JsonElement> requests) => requests.Select(r => r.GetProperty("source"))
        .Select(s => s.TryGetProperty("image", out var image) && image.TryGetProperty("face", out _) ? image : default)
        .First(i => i.ValueKind != JsonValueKind.Undefined);

    [Fact]
    public Task A_square_photo_is_taken_as_cut_already() => studio.VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/rotate");
        await page.PickAsync(Choose, "head.jpg", "image/jpeg", Steps.Example("2.jpg"));
        await page.ShowsAsync("head.jpg: yaw 0°, pitch 0°, roll 0°");
        Assert.Contains(requests, r => r.GetProperty("source").TryGetProperty("image", out var image) && image.GetProperty("cropped").GetBoolean());
        await Expect(page.Locator("#person-note")).ToHaveTextAsync("Square: taken as cut already");
    }, prepare: page => page.WithoutFinderAsync());

    [Fact]
    public Task In_another_photo_the_face_is_marked_by_dragging_and_by_keys_and_its_place_is_sent() => studio.VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/rotate");
        await page.PickAsync(Choose, "wide.jpg", "image/jpeg", Pictures.Photo(400, 300, SKEncodedImageFormat.Jpeg));
        await page.Locator("#crop-photo").WaitForAsync();
        var photo = (await page.Locator("#crop-photo").BoundingBoxAsync())!;
        var scale = photo.Width / 400;
        await page.Slider("Bridge of the nose").HoverAsync();
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(photo.X + 150 * scale, photo.Y + 90 * scale, new() { Steps = 4 });
        await page.Mouse.UpAsync();
        await Expect(page.Slider("Bridge of the nose")).ToHaveAttributeAsync("aria-valuetext", "150 across, 90 down");

        await page.Slider("Middle of the lips").FocusAsync();
        var before = int.Parse((await page.Slider("Middle of the lips").GetAttributeAsync("aria-valuenow"))!, System.Globalization.CultureInfo.InvariantCulture);
        await page.Keyboard.PressAsync("Shift+ArrowLeft");
        await page.Slider("The head looks").PressAsync("ArrowRight");
        await page.Button("Use it").ClickAsync();
        await page.ShowsAsync("wide.jpg: yaw 0°, pitch 0°, roll 0°");

        var face = Marked(requests).GetProperty("face");
        Assert.Equal(150, face.GetProperty("sellion").GetProperty("x").GetSingle(), 1f);
        Assert.Equal(90, face.GetProperty("sellion").GetProperty("y").GetSingle(), 1f);
        Assert.Equal(before - 10 / scale, face.GetProperty("mouth").GetProperty("x").GetSingle(), 1f);
        Assert.Equal(5, face.GetProperty("yaw").GetSingle());

        // It may be set right afterwards, from where it was.
        await page.Button("Mark the face").ClickAsync();
        await Expect(page.Slider("Bridge of the nose")).ToHaveAttributeAsync("aria-valuetext", "150 across, 90 down");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#crop-dialog")).ToBeHiddenAsync();
        await Expect(page.Locator("#person-note")).ToHaveTextAsync("Cut by the crop rule");
    }, prepare: page => page.WithoutFinderAsync());

    [Fact]
    public Task The_place_is_in_pixels_of_the_photo_the_way_up_that_EXIF_says() => studio.VisitAsync(async page =>
    {
        // Stored lying: 300 wide, 400 high as displayed.
        var photo = Pictures.WithOrientation(Pictures.Photo(400, 300, SKEncodedImageFormat.Jpeg), 6);
        await page.PickAsync(Choose, "lying.jpg", "image/jpeg", photo);
        await Expect(page.Slider("Bridge of the nose")).ToHaveAttributeAsync("aria-valuemax", "300");

        // Drawn in the page and cut by the service's own code, the square is the same.
        await page.Slider("The head looks").PressAsync("ArrowLeft");
        var shown = Convert.FromBase64String((await page.EvaluateAsync<string>("document.getElementById('crop-preview').toDataURL()")).Split(',')[1]);
        var requests = page.Requests("/v1/rotate");
        await page.Button("Use it").ClickAsync();
        await page.ShowsAsync("lying.jpg: yaw 0°, pitch 0°, roll 0°");
        var place = Marked(requests).GetProperty("face").Deserialize<FacePlace>(JsonSerializerOptions.Web);
        var (ours, theirs) = (new byte[3 * 64 * 64], new byte[3 * 64 * 64]);
        FaceSquare.ReadRgb(photo, place, 64, theirs);
        FaceSquare.ReadRgb(shown, null, 64, ours);
        Assert.True(ours.Zip(theirs).Average(p => Math.Abs(p.First - p.Second)) < 2, "The page shows another square than the service cuts.");
    }, prepare: page => page.WithoutFinderAsync());

    [Fact]
    public Task No_address_holds_a_photo_that_was_taken() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        await page.Button("As in example 1").ClickAsync();
        await Expect(page.Locator("#pose-from")).ToBeVisibleAsync();
        await page.PickAsync(Choose, "wide.jpg", "image/jpeg", Pictures.Photo(400, 300, SKEncodedImageFormat.Jpeg));
        // Its picture is shown all the same, also the second time.
        await Expect(page.Locator("#crop-photo")).ToHaveJSPropertyAsync("naturalWidth", 400);
        await page.Button("Use it").ClickAsync();
        await page.Button("Mark the face").ClickAsync();
        await Expect(page.Locator("#crop-photo")).ToBeVisibleAsync();
        Assert.Equal(0, await page.EvaluateAsync<int>("addresses.size"));
    }, prepare: async page =>
    {
        await page.WithoutFinderAsync();
        await page.AddInitScriptAsync("""
            const [create, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
            globalThis.addresses = new Set();
            URL.createObjectURL = content => {
              const address = create(content);
              addresses.add(address);
              return address;
            };
            URL.revokeObjectURL = address => {
              addresses.delete(address);
              revoke(address);
            };
            """);
    });

    [Fact]
    public Task The_page_and_the_services_cut_the_same_square() => studio.VisitAsync(async page =>
    {
        var places = Gen.Select(Gen.Float[0, 4000], Gen.Float[0, 4000], Gen.Float[0, 4000], Gen.Float[0, 4000], Gen.Float[-180, 180])
            .Where((x1, y1, x2, y2, _) => Math.Abs(x1 - x2) + Math.Abs(y1 - y2) > 2).Array[200].Single();
        var squares = await page.EvaluateAsync<double[][]>("""
            async places => {
              const { cropSquare } = await import('./js/crop-rule.js');
              return places.map(([x1, y1, x2, y2, yaw]) => {
                const { left, top, side } = cropSquare({ sellion: { x: x1, y: y1 }, mouth: { x: x2, y: y2 }, yaw });
                return [left, top, side];
              });
            }
            """, places.Select(p => new double[] { p.Item1, p.Item2, p.Item3, p.Item4, p.Item5 }).ToArray());
        foreach (var (place, square) in places.Zip(squares))
        {
            var expected = CropRule.Square(new FacePlace(new PicturePoint(place.Item1, place.Item2), new PicturePoint(place.Item3, place.Item4), place.Item5));
            Assert.Equal([expected.Left, expected.Top, expected.Side], square, (a, b) => Math.Abs(a - b) < 0.01);
        }
    });
}
