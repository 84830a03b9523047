using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

public sealed class CompareTests(Studio studio)
{
    private static async Task ChooseAsync(IPage page, string place, string person)
    {
        await page.Locator(place).ClickAsync();
        await InDialog(page, person).ClickAsync();
    }

    private static ILocator InDialog(IPage page, string button) =>
        page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = button, Exact = true });

    [Fact]
    public Task The_same_photo_twice_scores_one_and_another_person_less() => studio.VisitAsync(async page =>
    {
        await ChooseAsync(page, "#compare-a", "Example 1");
        await Expect(page.Locator("#verdict")).ToBeHiddenAsync();
        await ChooseAsync(page, "#compare-b", "Example 1");
        await Expect(page.Locator("#score")).ToHaveTextAsync("1.00");
        await ChooseAsync(page, "#compare-b", "Example 3");
        await Expect(page.Locator("#score")).Not.ToHaveTextAsync("1.00");
        await Expect(page.Locator("#compare-b")).ToHaveAttributeAsync("aria-label", "Second person: Example 3");
    }, view: "compare");

    [Fact]
    public Task The_next_place_may_be_clicked_before_the_dialog_says_that_it_is_closed() => studio.VisitAsync(async page =>
    {
        // A dialog's close event comes a frame after the dialog is gone; the observer is called before that.
        await page.EvaluateAsync("""
            () => {
              const dialog = document.getElementById('person-dialog');
              const observer = new MutationObserver(() => {
                if (dialog.open) return;
                observer.disconnect();
                document.getElementById('compare-b').click();
              });
              observer.observe(dialog, { attributeFilter: ['open'] });
            }
            """);
        await ChooseAsync(page, "#compare-a", "Example 1");
        await Expect(page.Locator("#person-dialog-title")).ToHaveTextAsync("Second person");
        await InDialog(page, "Example 2").ClickAsync();
        await Expect(page.Locator("#compare-a")).ToHaveAttributeAsync("aria-label", "First person: Example 1");
        await Expect(page.Locator("#compare-b")).ToHaveAttributeAsync("aria-label", "Second person: Example 2");
        await Expect(page.Locator("#verdict")).ToBeVisibleAsync();
    }, view: "compare");

    [Fact]
    public async Task A_photo_that_comes_after_its_dialog_was_closed_is_put_nowhere()
    {
        var release = new TaskCompletionSource();
        await studio.VisitAsync(
            async page =>
            {
                await ChooseAsync(page, "#compare-a", "Example 1");
                await page.Keyboard.PressAsync("Escape");
                await page.Locator("#compare-b").ClickAsync();
                await page.RunAndWaitForRequestFinishedAsync(() => Task.FromResult(release.TrySetResult()), new() { Predicate = IsHeldBack });
                await InDialog(page, "Example 2").ClickAsync();
                await Expect(page.Locator("#compare-b")).ToHaveAttributeAsync("aria-label", "Second person: Example 2");
                await Expect(page.Locator("#compare-a")).ToHaveAttributeAsync("aria-label", "First person: choose");
            },
            view: "compare",
            prepare: page => page.RouteAsync("**/examples/1.jpg", async route =>
            {
                if (IsHeldBack(route.Request))
                    await release.Task;
                await route.ContinueAsync();
            }));

        // Not its thumbnail.
        static bool IsHeldBack(IRequest request) => request.ResourceType == "fetch" && request.Url.EndsWith("/examples/1.jpg", StringComparison.Ordinal);
    }

    [Fact]
    public Task The_decision_is_said_in_words() => studio.VisitAsync(async page =>
    {
        // What packages with and without a threshold make the gateway answer.
        (object Answer, string Words, string Score)[] decisions =
        [
            (new { score = 0.4, threshold = 0.5, samePerson = false, space = "identity-0", modelVersion = "1" }, "Probably two people", "0.40"),
            (new { score = 0.6, threshold = 0.5, samePerson = true, space = "identity-0", modelVersion = "1" }, "Probably one person", "0.60"),
            (new { score = 0.6, space = "identity-0", modelVersion = "" }, "How alike they are", "0.60"),
        ];
        var next = 0;
        await page.RouteAsync("**/v1/compare", route => route.FulfillAsync(new() { Json = decisions[next].Answer }));
        await ChooseAsync(page, "#compare-a", "Example 1");
        for (; next < decisions.Length; next++)
        {
            await ChooseAsync(page, "#compare-b", "Example 2");
            await Expect(page.Locator("#verdict-words")).ToHaveTextAsync(decisions[next].Words);
            await Expect(page.Locator("#score")).ToHaveTextAsync(decisions[next].Score);
        }
    }, view: "compare");

    [Fact]
    public Task A_photo_that_is_dropped_on_the_dialog_is_taken_there() => studio.VisitAsync(async page =>
    {
        await page.Locator("#compare-a").ClickAsync();
        await page.DropAsync("#person-dialog-title", "head.jpg", Steps.Example("2.jpg"));
        await Expect(page.Locator("#compare-a")).ToHaveAttributeAsync("aria-label", "First person: head.jpg");
        await Expect(page.Locator("#person-dialog")).ToBeHiddenAsync();
    }, view: "compare", prepare: page => page.WithoutFinderAsync());
}
