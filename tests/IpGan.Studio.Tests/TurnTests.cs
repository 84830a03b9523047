using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

public sealed class TurnTests(Studio studio)
{
    [Fact]
    public Task Arrow_keys_on_the_pad_turn_the_head() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        var before = await page.Picture().GetAttributeAsync("src");
        await page.Locator("#pad").FocusAsync();
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("PageUp");
        Assert.NotEqual(before, await page.ShowsAsync("Example 1: yaw 15°, pitch 3°, roll 3°"));
        await page.Keyboard.PressAsync("Home");
        Assert.Equal(before, await page.ShowsAsync("Example 1: yaw 0°, pitch 0°, roll 0°"));
    });

    [Fact]
    public Task Dragging_on_the_pad_and_on_the_picture_turns_the_head() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        var pad = (await page.Locator("#pad svg").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(pad.X + pad.Width / 2, pad.Y + pad.Height / 2);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(pad.X + pad.Width * 0.3f, pad.Y + pad.Height / 2, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await Expect(page.Picture()).ToHaveAttributeAsync("alt", new Regex("yaw −49°"));

        var picture = (await page.Picture().BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(picture.X + picture.Width / 4, picture.Y + picture.Height / 2);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(picture.X + picture.Width * 3 / 4, picture.Y + picture.Height / 2, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await Expect(page.Picture()).ToHaveAttributeAsync("alt", new Regex("yaw 41°"));
    });

    [Fact]
    public Task Of_many_moves_the_newest_is_shown_and_one_request_at_most_is_on_its_way() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        await AssertTheNewestIsShownAsync(page, "yaw", "Example 1: yaw 40°, pitch 0°, roll 0°");
    });

    [Fact]
    public Task Of_many_shares_of_a_mix_the_newest_is_shown_and_no_picture_on_its_way_is_cut_off() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        await page.Button("Mix with: choose").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Example 4" }).ClickAsync();
        await page.Locator("#mix-amount").FillAsync("50");
        await page.ShowsStripOfAsync("Example 1 and Example 4, 50 %");
        await AssertTheNewestIsShownAsync(page, "mix-amount", "Example 1 and Example 4, 40 %: yaw 0°, pitch 0°, roll 0°");
    });

    /// <summary>Moves a slider from 1 to 40 while nothing is answered, and expects one request for the first place and one for the last.</summary>
    private static async Task AssertTheNewestIsShownAsync(IPage page, string slider, string shown)
    {
        var held = new TaskCompletionSource();
        int onTheWay = 0, most = 0, sent = 0;
        await page.RouteAsync("**/v1/rotate", async route =>
        {
            if (IsPicture(route.Request))
            {
                most = Math.Max(most, Interlocked.Increment(ref onTheWay));
                sent++;
            }
            await held.Task;
            await route.ContinueAsync();
        });
        page.RequestFinished += (_, request) =>
        {
            if (IsPicture(request))
                Interlocked.Decrement(ref onTheWay);
        };
        await page.EvaluateAsync("""
            id => {
              const slider = document.getElementById(id);
              for (let place = 1; place <= 40; place++) {
                slider.value = place;
                slider.dispatchEvent(new Event('input'));
              }
            }
            """, slider);
        await Expect(page.Locator("#stage")).ToHaveAttributeAsync("aria-busy", "true");
        held.SetResult();
        await page.ShowsAsync(shown);
        Assert.Equal((1, 2), (most, sent));

        // The strip, which follows, is smaller.
        static bool IsPicture(IRequest request) => request.PostData?.Contains("\"size\":256", StringComparison.Ordinal) == true;
    }

    [Fact]
    public Task Another_person_cuts_off_the_answer_that_nobody_waits_for_any_more() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        var arrived = new TaskCompletionSource();
        await page.RouteAsync("**/v1/rotate", _ =>
        {
            // Never answered.
            arrived.TrySetResult();
            return Task.CompletedTask;
        });
        await page.Locator("#pad").PressAsync("ArrowRight");
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        await page.UnrouteAsync("**/v1/rotate");
        await page.Button("Example 2").ClickAsync();
        // Were the first request still on its way, the second would wait for it.
        await page.ShowsAsync("Example 2: yaw 3°, pitch 0°, roll 0°");
        await Expect(page.Locator("#stage-problem")).ToBeHiddenAsync();
    });

    [Fact]
    public Task The_photo_is_sent_once_and_its_identity_vector_from_then_on() => studio.VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/rotate");
        await page.ChooseExampleAsync();
        await page.Locator("#pad").PressAsync("ArrowRight");
        await page.ShowsAsync("Example 1: yaw 3°, pitch 0°, roll 0°");
        Assert.Single(requests, r => r.GetProperty("source").TryGetProperty("image", out _));
        Assert.StartsWith("identity-", requests[^1].GetProperty("source").GetProperty("identity").GetProperty("space").GetString(), StringComparison.Ordinal);
    });

    [Fact]
    public Task A_vector_whose_space_is_gone_is_made_anew_from_the_photo() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        var sources = new List<string>();
        await page.RouteAsync("**/v1/rotate", async route =>
        {
            var body = route.Request.PostData!;
            sources.Add(body.Contains("\"identity\":", StringComparison.Ordinal) ? "vector" : "photo");
            await route.ContinueAsync(new() { PostData = Encoding.UTF8.GetBytes(Regex.Replace(body, "\"space\":\"identity-[^\"]*\"", "\"space\":\"identity-00000000@square1+given\"")) });
        });
        await page.Button("¾ left").ClickAsync();
        await page.ShowsAsync("Example 1: yaw −40°, pitch 0°, roll 0°");
        Assert.Equal(["vector", "photo"], sources[..2]);
        await Expect(page.Locator("#stage-problem")).ToBeHiddenAsync();
    }, expectedComplaint: "status of 400");

    [Fact]
    public Task A_photo_is_taken_from_a_drop_and_from_the_clipboard() => studio.VisitAsync(async page =>
    {
        await page.DropAsync("#stage", "dropped.jpg", Steps.Example("4.jpg"));
        await page.ShowsAsync("dropped.jpg: yaw 0°, pitch 0°, roll 0°");
        await page.EvaluateAsync("""
            base64 => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], 'pasted.jpg', { type: 'image/jpeg' }));
              document.getElementById('stage').dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }));
            }
            """, Convert.ToBase64String(Steps.Example("4.jpg")));
        await page.ShowsAsync("pasted.jpg: yaw 0°, pitch 0°, roll 0°");
    });

    [Fact]
    public Task Several_photos_make_one_person_and_how_they_agree_is_said() => studio.VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/identity:resolve");
        await page.ChooseExampleAsync();
        var one = await page.Picture().GetAttributeAsync("src");
        await page.PickAsync("Add a photo of the same person", "two.jpg", "image/jpeg", Steps.Example("2.jpg"));
        await Expect(page.Locator("#person-note")).ToHaveTextAsync(new Regex(@"^2 photos, which agree by 0\.\d\d, 0\.\d\d$"));
        Assert.Equal(2, requests.Single().GetProperty("source").GetProperty("images").GetProperty("images").GetArrayLength());
        await Expect(page.Picture()).Not.ToHaveAttributeAsync("src", one!);
    }, prepare: page => page.WithoutFinderAsync());

    [Fact]
    public Task Sliders_and_presets_stay_within_the_reach_of_the_pose_model() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        await page.Slider("Pitch").PressAsync("End");
        await page.Slider("Roll").PressAsync("Home");
        await page.ShowsAsync("Example 1: yaw 0°, pitch 30°, roll −30°");
        await page.Button("Profile right").ClickAsync();
        await page.ShowsAsync("Example 1: yaw 80°, pitch 0°, roll 0°");
        await Expect(page.Button("Profile right")).ToHaveAttributeAsync("aria-pressed", "true");
    });

    [Fact]
    public Task The_film_strip_covers_the_reach_and_its_frames_turn_the_head() => studio.VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/rotate");
        await page.ChooseExampleAsync();
        var pictures = await page.Locator("#strip img").EvaluateAllAsync<string[]>("all => all.map(i => i.src)");
        Assert.Equal(13, pictures.Distinct().Count());
        Assert.Equal(-90, requests[^1].GetProperty("targets")[0].GetProperty("sweep").GetProperty("yawFrom").GetSingle());
        await page.Button("Turn to yaw −45°").ClickAsync();
        await page.ShowsAsync("Example 1: yaw −45°, pitch 0°, roll 0°");
        await Expect(page.Button("Turn to yaw −45°")).ToHaveAttributeAsync("aria-current", "true");

        // Another pitch is another strip.
        await page.Button("Up").ClickAsync();
        await page.ShowsAsync("Example 1: yaw 0°, pitch 20°, roll 0°");
        await Expect(page.Locator("#strip img").First).Not.ToHaveAttributeAsync("src", pictures[0]);
    });

    [Fact]
    public Task A_head_is_held_as_in_a_photo_until_an_angle_is_moved() => studio.VisitAsync(async page =>
    {
        var requests = page.Requests("/v1/rotate");
        await page.ChooseExampleAsync();
        await page.Button("As in example 3").ClickAsync();
        await Expect(page.Locator("#pose-from")).ToBeVisibleAsync();
        // The head looks far to the left in that picture; 64 pixels tell about how far.
        await Expect(page.Picture()).Not.ToHaveAttributeAsync("alt", "Example 1: yaw 0°, pitch 0°, roll 0°");
        Assert.InRange(int.Parse(await page.Slider("Yaw").InputValueAsync(), CultureInfo.InvariantCulture), -90, -35);
        Assert.Contains(requests, r => r.GetProperty("targets")[0].TryGetProperty("pose", out _));
        await page.Slider("Yaw").PressAsync("ArrowRight");
        await Expect(page.Locator("#pose-from")).ToBeHiddenAsync();
    });

    [Fact]
    public Task People_are_made_up_and_mixed() => studio.VisitAsync(async page =>
    {
        var people = page.Locator("#chooser .thumbs").Last.Locator("button");
        await Expect(people).ToHaveCountAsync(6);
        var names = await people.EvaluateAllAsync<string[]>("all => all.map(b => b.getAttribute('aria-label'))");
        await page.Button("New people").ClickAsync();
        await Expect(page.Button(names[0])).ToHaveCountAsync(0);
        await Expect(people).ToHaveCountAsync(6);
        await page.ChooseExampleAsync();
        var alone = await page.Picture().GetAttributeAsync("src");

        await page.Button("Mix with: choose").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Example 4" }).ClickAsync();
        await page.Locator("#mix-amount").FillAsync("50");
        var mixed = await page.ShowsAsync("Example 1 and Example 4, 50 %: yaw 0°, pitch 0°, roll 0°");
        await page.Locator("#mix-amount").FillAsync("0");
        Assert.Equal(alone, await page.ShowsAsync("Example 1: yaw 0°, pitch 0°, roll 0°"));
        Assert.NotEqual(alone, mixed);
    });

    [Fact]
    public Task What_the_service_refuses_is_said_beside_the_picture_and_the_rest_stays() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        var strip = await page.Locator("#strip img").First.GetAttributeAsync("src");
        await page.PickAsync("Choose a photo", "cut-off.jpg", "image/jpeg", Steps.Example("2.jpg")[..2500]);
        await Expect(page.Locator("#stage-problem")).ToContainTextAsync("truncated");
        Assert.Equal(strip, await page.Locator("#strip img").First.GetAttributeAsync("src"));
        await page.Button("Example 3").ClickAsync();
        await page.ShowsAsync("Example 3: yaw 0°, pitch 0°, roll 0°");
        await Expect(page.Locator("#stage-problem")).ToBeHiddenAsync();
    }, prepare: page => page.WithoutFinderAsync(), expectedComplaint: "status of 400");

    [Fact]
    public Task A_file_that_is_no_picture_is_refused_in_words() => studio.VisitAsync(async page =>
    {
        await page.PickAsync("Choose a photo", "letter.jpg", "image/jpeg", "Dear reader"u8.ToArray());
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This file is not a picture that the browser can show.");
    });
}
