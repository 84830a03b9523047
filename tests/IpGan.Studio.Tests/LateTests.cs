using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

/// <summary>What comes after the visitor has gone on changes nothing.</summary>
public sealed class LateTests(Studio studio)
{
    /// <summary>Does what makes the page ask an address, goes on, and only then lets the gateway answer.</summary>
    private static async Task MeanwhileAsync(IPage page, string address, Func<Task> ask, Func<Task> goOn)
    {
        var held = new TaskCompletionSource();
        var count = 0;
        async Task HoldFirstAsync(IRoute route)
        {
            if (Interlocked.Increment(ref count) == 1)
                await held.Task;
            await route.FallbackAsync();
        }

        await page.RouteAsync(address, HoldFirstAsync);
        var asked = await page.RunAndWaitForRequestAsync(ask, address);
        await goOn();
        held.SetResult();
        // Null if the page has given it up.
        if (await asked.ResponseAsync() is { } answer)
            await answer.FinishedAsync();
        await page.UnrouteAsync(address, HoldFirstAsync);
    }

    [Fact]
    public Task A_photo_is_added_to_the_person_for_whom_it_was_chosen_or_to_nobody() => studio.VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/identity:resolve");
        Task AddAsync() => page.PickAsync("Add a photo of the same person", "two.jpg", "image/jpeg", Steps.Example("2.jpg"));
        async Task ChooseAsync(string example)
        {
            await page.Button(example).ClickAsync();
            await page.ShowsAsync($"{example}: yaw 0°, pitch 0°, roll 0°");
        }

        await ChooseAsync("Example 1");
        await MeanwhileAsync(page, "**/v1/faces:find", AddAsync, () => ChooseAsync("Example 3"));
        await MeanwhileAsync(page, "**/v1/identity:resolve", AddAsync, () => ChooseAsync("Example 4"));
        await MeanwhileAsync(page, "**/v1/faces:find", () => page.Button("Mark the face").ClickAsync(), () => ChooseAsync("Example 5"));
        // No dialog that asks for the earlier person's face is in the way.
        await AddAsync();
        await Expect(page.Locator("#person-note")).ToContainTextAsync("2 photos");
        // The one that was held, and the last.
        Assert.Equal(2, requests.Count);
    }, prepare: page => page.WithoutFinderAsync());

    [Fact]
    public Task The_pose_is_the_last_one_that_was_wanted() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        var thumbnail = page.Locator("#pose-thumbnail");
        await MeanwhileAsync(page, "**/v1/pose:embed", () => page.Button("As in example 1").ClickAsync(), async () =>
        {
            await page.Button("As in example 3").ClickAsync();
            await Expect(thumbnail).ToHaveAttributeAsync("src", "examples/poses/3.jpg");
        });
        await MeanwhileAsync(page, "**/v1/pose:embed", () => page.Button("As in example 2").ClickAsync(), async () =>
        {
            await Expect(thumbnail).ToHaveAttributeAsync("src", "examples/poses/3.jpg");
            await page.Button("Profile left").ClickAsync();
            await page.ShowsAsync("Example 1: yaw −80°, pitch 0°, roll 0°");
        });
        await page.Slider("Yaw").PressAsync("ArrowRight");
        await page.ShowsAsync("Example 1: yaw −79°, pitch 0°, roll 0°");
    });

    [Fact]
    public Task A_place_holds_the_photo_that_was_dropped_last() => studio.VisitAsync(async page =>
    {
        var place = page.Locator("#compare-a");
        await MeanwhileAsync(page, "**/v1/faces:find", () => page.DropAsync("#compare-a", "one.jpg", Steps.Example("1.jpg")), async () =>
        {
            await page.DropAsync("#compare-a", "two.jpg", Steps.Example("2.jpg"));
            await Expect(place).ToHaveAttributeAsync("aria-label", "First person: two.jpg");
        });
        await page.DropAsync("#compare-b", "three.jpg", Steps.Example("3.jpg"));
        await Expect(page.Locator("#verdict")).ToBeVisibleAsync();
        await Expect(place).ToHaveAttributeAsync("aria-label", "First person: two.jpg");
    }, view: "compare", prepare: page => page.WithoutFinderAsync());

    [Fact]
    public Task No_face_is_asked_for_after_the_dialog_was_closed() => studio.VisitAsync(async page =>
    {
        await page.Locator("#compare-a").ClickAsync();
        await MeanwhileAsync(
            page, "**/v1/faces:find",
            () => page.PickAsync("Choose a photo", "wide.jpg", "image/jpeg", Pictures.Photo(400, 300, SkiaSharp.SKEncodedImageFormat.Jpeg)),
            async () =>
            {
                await page.Keyboard.PressAsync("Escape");
                await Expect(page.Locator("#person-dialog")).ToBeHiddenAsync();
            });
        await page.DropAsync("#compare-b", "two.jpg", Steps.Example("2.jpg"));
        await Expect(page.Locator("#compare-b")).ToHaveAttributeAsync("aria-label", "Second person: two.jpg");
        await Expect(page.Locator("#crop-dialog")).ToBeHiddenAsync();
    }, view: "compare", prepare: page => page.WithoutFinderAsync());
}
