using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using IpGan.Imaging;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

/// <summary>What somebody does who has just started the system and has a photo of his own, from the first look to the turned head.</summary>
public sealed class NewcomerTests(Studio studio, ITestOutputHelper output)
{
    // Not square, and the face off the middle; where its two points are, to the eye, in pixels.
    private const string Name = "ai-upper.jpg";
    private static readonly PicturePoint Sellion = new(333, 172);
    private static readonly PicturePoint Mouth = new(318, 262);

    [Fact]
    public async Task Somebody_made_up_is_drawn_as_soon_as_models_answer_if_the_page_came_before_them()
    {
        var ready = new TaskCompletionSource();
        await studio.VisitAsync(
            async page =>
            {
                await Expect(page.Locator("#chooser .problem")).ToHaveTextAsync("Not yet.");
                ready.SetResult();
                await Expect(page.Picture()).ToHaveAttributeAsync("alt", new Regex("^Made up"));
                await Expect(page.Locator("#chooser .problem")).ToBeHiddenAsync();
            },
            waitUntilUp: false,
            prepare: async page =>
            {
                await page.RouteAsync("**/v1/models:watch", async route =>
                {
                    await ready.Task;
                    await route.ContinueAsync();
                });
                await page.RouteAsync("**/v1/rotate", route => ready.Task.IsCompleted
                    ? route.ContinueAsync()
                    : route.FulfillAsync(new() { Status = 503, ContentType = "application/problem+json", Body = """{"title":"Unavailable","detail":"Not yet."}""" }));
            },
            expectedComplaint: "status of 503");
    }

    [Fact]
    public async Task An_own_photo_is_chosen_marked_by_dragging_and_turned()
    {
        var photo = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder("photos"), Name), TestContext.Current.CancellationToken);
        var started = Stopwatch.GetTimestamp();
        void Tell(string step) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalSeconds,6:F1} s: {step}"));
        await studio.VisitAsync(async page =>
        {
            // The page shows what it does before anything is chosen.
            await Expect(page.Picture()).ToHaveAttributeAsync("alt", new Regex("^Made up"));
            Tell("the page shows somebody made up");
            await page.PickAsync("Choose a photo", Name, "image/jpeg", photo);
            await DragAsync(page, "Bridge of the nose", Sellion);
            await DragAsync(page, "Middle of the lips", Mouth);
            await page.Slider("The head looks").FocusAsync();
            // From wherever the page thinks that the head looks.
            await page.Keyboard.PressAsync("Home");
            foreach (var _ in Enumerable.Range(0, 23))
                await page.Keyboard.PressAsync("ArrowRight");
            await Expect(page.Locator("#crop-yaw-value")).ToHaveTextAsync("25° right");
            Tell("both markers are placed");

            // What he sees is what the networks will see.
            var shown = Convert.FromBase64String((await page.EvaluateAsync<string>("document.getElementById('crop-preview').toDataURL()")).Split(',')[1]);
            var (ours, theirs) = (new byte[3 * 64 * 64], new byte[3 * 64 * 64]);
            FaceSquare.ReadRgb(photo, new FacePlace(Sellion, Mouth, 25), 64, theirs);
            FaceSquare.ReadRgb(shown, null, 64, ours);
            Assert.True(ours.Zip(theirs).Average(p => Math.Abs(p.First - p.Second)) < 4, "The page shows another square than the service cuts.");

            await page.Button("Use it").ClickAsync();
            var first = await page.ShowsAsync($"{Name}: yaw 0°, pitch 0°, roll 0°");
            await Expect(page.Locator("#person-note")).ToHaveTextAsync("Cut by the crop rule");
            Tell("the head is drawn");
            var picture = (await page.Picture().BoundingBoxAsync())!;
            await page.Mouse.MoveAsync(picture.X + picture.Width / 2, picture.Y + picture.Height / 2);
            await page.Mouse.DownAsync();
            await page.Mouse.MoveAsync(picture.X + picture.Width * 3 / 4, picture.Y + picture.Height / 2, new() { Steps = 5 });
            await page.Mouse.UpAsync();
            await Expect(page.Picture()).ToHaveAttributeAsync("alt", new Regex($"^{Regex.Escape(Name)}: yaw 45°"));
            Assert.NotEqual(first, await page.Picture().GetAttributeAsync("src"));
            await page.ShowsStripOfAsync(Name);
            Tell("it is turned, and the strip shows all views");
        });
    }

    private static async Task DragAsync(IPage page, string marker, PicturePoint to)
    {
        // The page looks for the face first.
        await Expect(page.Locator("#crop-photo")).ToBeVisibleAsync();
        var photo = (await page.Locator("#crop-photo").BoundingBoxAsync())!;
        var scale = photo.Width / await page.EvaluateAsync<float>("document.getElementById('crop-photo').naturalWidth");
        await page.Slider(marker).HoverAsync();
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(photo.X + to.X * scale, photo.Y + to.Y * scale, new() { Steps = 4 });
        await page.Mouse.UpAsync();
        // The pointer moves in whole pixels of the page, which are more than one of the photo.
        await Expect(page.Slider(marker)).ToHaveAttributeAsync("aria-valuetext", new Regex($"^({Near(to.X)}) across, ({Near(to.Y)}) down$"));
    }

    private static string Near(float value) => string.Join('|', Enumerable.Range((int)value - 2, 5));
}
