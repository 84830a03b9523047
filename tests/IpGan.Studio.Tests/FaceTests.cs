using IpGan.Models;
using SkiaSharp;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

/// <summary>The page before a system that finds faces: red cells of a photo, in a tiny one of its own.</summary>
public sealed class FaceTests(Studio studio, FaceTests.Finders finders) : IClassFixture<FaceTests.Finders>
{
    private const string Choose = "Choose a photo";
    private const string Space = "0a0a0a0a";

    // The left one reaches out of the photo.
    private static readonly (int, int, SKColor) Small = (0, 2, TinyFinder.Face(large: false));
    private static readonly (int, int, SKColor) Large = (4, 3, TinyFinder.Face(large: true));

    private static byte[] Photo(params (int, int, SKColor)[] faces) => TinyFinder.Photo(4, SKEncodedImageFormat.Png, faces);

    [Fact]
    public Task The_largest_face_is_marked_and_another_can_be_chosen_by_keys() => VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/rotate");
        await page.PickAsync(Choose, "two.png", "image/png", Photo(Small, Large));
        await Expect(page.Locator("#crop-found")).ToContainTextAsync("2 faces were found");
        await Expect(page.Button("Face 2 of 2")).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.Slider("Bridge of the nose")).ToHaveAttributeAsync("aria-valuetext", "288 across, 176 down");

        await page.Button("Face 1 of 2").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Button("Face 1 of 2")).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.Button("Face 2 of 2")).ToHaveAttributeAsync("aria-pressed", "false");
        await Expect(page.Locator("#crop-notes")).ToContainTextAsync("outside the photo");
        await Expect(page.Slider("Bridge of the nose")).ToHaveAttributeAsync("aria-valuetext", "32 across, 144 down");

        // What was found may be set right by hand; then it is no longer what was found.
        await page.Slider("Bridge of the nose").PressAsync("ArrowUp");
        await Expect(page.Button("Face 1 of 2")).ToHaveAttributeAsync("aria-pressed", "false");
        await Expect(page.Locator("#crop-notes")).ToBeHiddenAsync();
        await page.Button("Use it").ClickAsync();
        await page.ShowsAsync("two.png: yaw 0°, pitch 0°, roll 0°");
        var face = requests.Select(r => r.GetProperty("source")).First(s => s.TryGetProperty("image", out var image) && image.TryGetProperty("face", out _))
            .GetProperty("image").GetProperty("face");
        Assert.Equal(32, face.GetProperty("sellion").GetProperty("x").GetSingle(), 1f);
        Assert.InRange(face.GetProperty("sellion").GetProperty("y").GetSingle(), 130, 144);
    });

    [Fact]
    public Task In_a_photo_without_a_face_it_is_marked_by_hand() => VisitAsync(async page =>
    {
        await page.PickAsync(Choose, "none.png", "image/png", Photo());
        await Expect(page.Locator("#crop-found")).ToContainTextAsync("No face was found");
        await Expect(page.Locator("#crop-faces button")).ToHaveCountAsync(0);
        await page.Button("Use it").ClickAsync();
        await page.ShowsAsync("none.png: yaw 0°, pitch 0°, roll 0°");
    });

    [Fact]
    public Task The_finder_has_a_card_of_its_own_beside_each_encoder() => VisitAsync(async page =>
    {
        var cards = page.Locator(".service").Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = "Face finder" }) });
        await Expect(cards).ToHaveCountAsync(2);
        await Expect(cards.First).ToContainTextAsync("finds 100.0 % of faces");
    }, "models");

    [Fact]
    public async Task Where_no_finder_is_known_yet_that_is_said_and_faces_are_looked_for_later()
    {
        var held = new TaskCompletionSource();
        await studio.VisitAsync(
            async page =>
            {
                await page.PickAsync(Choose, "two.png", "image/png", Photo(Small, Large));
                await Expect(page.Locator("#crop-found")).ToHaveTextAsync("Faces could not be looked for: mark it yourself.");
                await page.Button("Use it").ClickAsync();
                await page.ShowsAsync("two.png: yaw 0°, pitch 0°, roll 0°");
                held.SetResult();
                await WaitForFindersAsync(page);
                await page.Button("Mark the face").ClickAsync();
                await Expect(page.Locator("#crop-found")).ToContainTextAsync("2 faces were found");
            },
            waitUntilUp: false,
            prepare: page => page.RouteAsync("**/v1/models:watch", async route =>
            {
                await held.Task;
                await route.ContinueAsync();
            }),
            gateway: finders.Gateway,
            // The tiny models turn heads less far than the page takes for granted until it hears of them.
            expectedComplaint: "status of 400");
    }

    private Task VisitAsync(Func<IPage, Task> visit, string view = "turn") => studio.VisitAsync(
        async page =>
        {
            await WaitForFindersAsync(page);
            await visit(page);
        },
        view,
        gateway: finders.Gateway);

    // In two steps: a promise counts as true for WaitForFunctionAsync, whatever comes of it.
    private static async Task WaitForFindersAsync(IPage page)
    {
        await page.EvaluateAsync("async () => { globalThis.known = (await import('./js/models.js')).models; }");
        await page.WaitForFunctionAsync(
            "() => known.value?.services.filter(s => s.role === 'face-finder' && s.reachable && s.models?.some(m => m.active)).length === 2");
    }

    public sealed class Finders(Studio studio) : IAsyncLifetime
    {
        private readonly TemporaryFolder _repository = new();
        private Cluster? _cluster;

        /// <summary>Null where there is no browser to ask it.</summary>
        public HostProcess? Gateway => _cluster?.Gateway;

        public async ValueTask InitializeAsync()
        {
            if (!studio.HasBrowser)
                return;
            TinyPackages.PublishSet(_repository.Path, Space, seed: 1);
            TinyPackages.Publish(_repository.Path, ModelRole.FaceFinder, Space, seed: 1);
            _cluster = await Cluster.StartAsync(_repository.Path, TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            if (_cluster is not null)
                await _cluster.DisposeAsync();
            _repository.Dispose();
        }
    }
}
