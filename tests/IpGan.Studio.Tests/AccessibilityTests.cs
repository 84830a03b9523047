using Deque.AxeCore.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

/// <summary>The page for everyone: by keyboard alone, by ear, on small screens, in the dark.</summary>
public sealed class AccessibilityTests(Studio studio)
{
    private static async Task AssertNoViolationsAsync(IPage page)
    {
        var found = await page.RunAxe();
        Assert.True(found.Violations.Length == 0, string.Join('\n', found.Violations.SelectMany(
            v => v.Nodes.Select(n => $"{v.Id}: {v.Help}: {n.Html} {string.Join(' ', n.Any.Concat(n.All).Concat(n.None).Select(c => c.Message))}"))));
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public Task Axe_finds_nothing_in_any_view_or_dialog(ColorScheme colours) => studio.VisitAsync(
        async page =>
        {
            await AssertNoViolationsAsync(page);
            await page.ChooseExampleAsync();
            await page.Button("As in example 1").ClickAsync();
            await Expect(page.Locator("#pose-from")).ToBeVisibleAsync();
            await AssertNoViolationsAsync(page);

            await page.Button("Mark the face").ClickAsync();
            await Expect(page.Locator("#crop-dialog")).ToBeVisibleAsync();
            await AssertNoViolationsAsync(page);
            await page.Keyboard.PressAsync("Escape");

            await page.GetByRole(AriaRole.Link, new() { Name = "Models", Exact = true }).ClickAsync();
            await AssertNoViolationsAsync(page);

            await page.GetByRole(AriaRole.Link, new() { Name = "Compare", Exact = true }).ClickAsync();
            await page.Locator("#compare-a").ClickAsync();
            await Expect(page.Locator("#person-dialog .thumb-empty")).ToHaveCountAsync(0);
            await AssertNoViolationsAsync(page);
            await page.Button("The person on the stage").ClickAsync();
            await page.Locator("#compare-b").ClickAsync();
            await page.Button("The person on the stage").ClickAsync();
            await Expect(page.Locator("#score")).ToHaveTextAsync("1.00");
            await AssertNoViolationsAsync(page);
        },
        options: new() { ColorScheme = colours, ReducedMotion = ReducedMotion.Reduce });

    [Fact]
    public Task The_whole_way_can_be_gone_by_keyboard_and_the_result_is_heard() => studio.VisitAsync(async page =>
    {
        async Task TabToAsync(string name)
        {
            for (var i = 0; i < 80; i++)
            {
                await page.Keyboard.PressAsync("Tab");
                if (await page.EvaluateAsync<string?>("(document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent).trim()") == name)
                    return;
            }
            Assert.Fail($"'{name}' is not reached by the Tab key.");
        }

        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync("Example 2");
        await page.Keyboard.PressAsync("Enter");
        await page.ShowsAsync("Example 2: yaw 0°, pitch 0°, roll 0°");
        await page.ShowsStripOfAsync("Example 2");
        await TabToAsync("Turn to yaw −30°");
        await page.Keyboard.PressAsync("Space");
        await page.ShowsAsync("Example 2: yaw −30°, pitch 0°, roll 0°");
        await TabToAsync("How the head is held");
        await page.Keyboard.PressAsync("ArrowUp");
        await page.ShowsAsync("Example 2: yaw −30°, pitch 3°, roll 0°");
        await Expect(page.Locator("#view-turn").GetByRole(AriaRole.Status)).ToHaveTextAsync("Example 2: yaw −30°, pitch 3°, roll 0°");
        // The strip that the new pitch brings takes nobody's focus away.
        await Expect(page.Locator("#pad")).ToBeFocusedAsync();
        await TabToAsync("Profile left");
        await page.Keyboard.PressAsync("Enter");
        await page.ShowsAsync("Example 2: yaw −80°, pitch 0°, roll 0°");
    });

    [Fact]
    public Task What_is_skipped_to_is_the_content_of_the_view_that_is_shown() => studio.VisitAsync(
        async page =>
        {
            await page.Keyboard.PressAsync("Tab");
            await page.Keyboard.PressAsync("Enter");
            await Expect(page.Locator("#main")).ToBeFocusedAsync();
            await Expect(page.Locator("#view-compare")).ToBeVisibleAsync();
            Assert.EndsWith("/#compare", page.Url, StringComparison.Ordinal);
        },
        view: "compare");

    [Fact]
    public Task A_screen_360_pixels_wide_is_wide_enough() => studio.VisitAsync(
        async page =>
        {
            await page.ChooseExampleAsync();
            foreach (var view in new[] { "turn", "compare", "models" })
            {
                await page.Locator($"#nav-{view}").ClickAsync();
                await Expect(page.Locator($"#view-{view}")).ToBeVisibleAsync();
                Assert.Equal(360, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            }
        },
        options: new() { ViewportSize = new() { Width = 360, Height = 740 }, HasTouch = true, IsMobile = true });

    [Fact]
    public Task Colours_follow_the_system_until_the_visitor_chooses_and_the_choice_is_kept() => studio.VisitAsync(
        async page =>
        {
            Task<string> GroundAsync() => page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
            var dark = await GroundAsync();
            await page.Button("Dark colours").ClickAsync();
            var light = await GroundAsync();
            Assert.NotEqual(dark, light);
            await page.ReloadAsync();
            await Expect(page.Button("Dark colours")).ToHaveAttributeAsync("aria-pressed", "false");
            Assert.Equal(light, await GroundAsync());
            await page.Button("Dark colours").ClickAsync();
            Assert.Equal(dark, await GroundAsync());
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
            await Expect(page.Button("Dark colours")).ToHaveAttributeAsync("aria-pressed", "false");
        },
        options: new() { ColorScheme = ColorScheme.Dark, ReducedMotion = ReducedMotion.Reduce });
}
