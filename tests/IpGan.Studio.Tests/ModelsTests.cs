using System.Text.RegularExpressions;
using IpGan.Models;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

public sealed class ModelsTests(Studio studio)
{
    [Fact]
    public Task A_new_version_is_seen_live_swapped_back_and_followed_again() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Models", Exact = true }).ClickAsync();
        var events = page.GetByRole(AriaRole.List, new() { Name = "What happened" });
        var first = studio.PublishCopy(ModelRole.Generator);
        await Expect(page.Locator("#serving")).ToContainTextAsync($"generator {first}.");
        var second = studio.PublishCopy(ModelRole.Generator);
        await Expect(page.Locator("#serving")).ToContainTextAsync($"generator {second}.");
        await Expect(events).ToContainTextAsync($"Version {second} of the generator");

        await page.Button($"Generator: serve version {first}").ClickAsync();
        await Expect(page.Locator("#serving")).ToContainTextAsync($"generator {first}.");
        await Expect(events).ToContainTextAsync($"is set to version {first}.");
        await page.Button("Generator: follow the newest version").ClickAsync();
        await Expect(page.Locator("#serving")).ToContainTextAsync($"generator {second}.");
        await Expect(events).ToContainTextAsync("follows the newest version.");

        // The picture is drawn by the new one, without being asked for.
        await page.GetByRole(AriaRole.Link, new() { Name = "Turn", Exact = true }).ClickAsync();
        await Expect(page.Locator("#caption-models")).ToContainTextAsync($" · {second} ");
        await Expect(page.Locator("#status-words")).ToHaveTextAsync(new Regex($" · {second}$"));
    });

    [Fact]
    public Task A_new_encoder_makes_the_vectors_anew_although_the_old_ones_are_still_understood() => studio.VisitAsync(async page =>
    {
        await page.ChooseExampleAsync();
        var requests = page.Requests("/v1/rotate");
        var version = studio.PublishCopy(ModelRole.IdentityEncoder);
        await Expect(page.Locator("#caption-models")).ToContainTextAsync($"models {version} · ");
        Assert.Contains(requests, r => r.GetProperty("source").TryGetProperty("image", out _));
    });

    [Fact]
    public Task A_version_that_was_refused_says_why_and_the_old_one_answers_on() => studio.VisitAsync(
        async page =>
        {
            var before = (await page.Locator("#serving").TextContentAsync())!;
            studio.PublishCopy(ModelRole.PoseEncoder, package => File.AppendAllText(Path.Combine(package, ModelPackage.CardFile), "changed"));
            await Expect(page.Locator(".versions .problem").Filter(new() { HasText = ModelPackage.CardFile })).ToHaveCountAsync(1);
            await Expect(page.Locator("#serving")).ToHaveTextAsync(before);
        },
        view: "models");

    [Fact]
    public Task Every_change_is_one_sentence() => studio.VisitAsync(async page => Assert.Equal(
        [
            "The generator at http://g is lost.",
            "The generator at http://g is set to version 1.",
            "Version 3 of the generator at http://g is on trial.",
            "Version 2 of the generator at http://g is rejected: it drew another picture",
            "Version 1 of the generator at http://g answers now.",
            "The pose encoder at http://p is new.",
            "The identity encoder at http://i is gone.",
            "No pose encoder is up.",
        ],
        await page.EvaluateAsync<string[]>("""
            async () => {
              const { changes } = await import('./js/model-events.js');
              const generator = (reachable, pinnedVersion, models) => ({ role: 'generator', address: 'http://g', reachable, pinnedVersion, models });
              const ready = (version, active) => ({ version, active, state: 'MODEL_STATE_READY' });
              const before = { serving: { identityEncoder: '1', poseEncoder: '1', generator: '2' }, services: [generator(true, '', [ready('2', true), ready('1', false)]), { role: 'identity-encoder', address: 'http://i', reachable: true, models: [] }] };
              const after = {
                note: 'No pose encoder is up.',
                services: [
                  generator(false, '1', [{ version: '3', state: 'MODEL_STATE_CANARY' }, { version: '2', state: 'MODEL_STATE_REJECTED', problem: 'it drew another picture' }, ready('1', true)]),
                  { role: 'pose-encoder', address: 'http://p', reachable: true, models: [] },
                ],
              };
              return changes(before, after);
            }
            """)), view: "models");

    [Fact]
    public Task A_stream_that_breaks_is_told_and_taken_up_again() => studio.VisitAsync(
        async page =>
        {
            await Expect(page.Locator("#watch-problem")).ToHaveTextAsync("Down for a moment.");
            await page.UnrouteAsync("**/v1/models:watch");
            // Three services, and a face finder beside each encoder.
            await Expect(page.Locator("#services h2")).ToHaveCountAsync(5);
            await Expect(page.Locator("#watch-problem")).ToBeHiddenAsync();
        },
        view: "models",
        // It is up for half a second only.
        waitUntilUp: false,
        prepare: async page =>
        {
            // The first stream is the gateway's, so that the page is up; it ends at once, and the next is refused.
            var calls = 0;
            await page.RouteAsync("**/v1/models:watch", async route =>
            {
                if (calls++ == 0)
                {
                    var models = await route.FetchAsync(new() { Url = $"{studio.Address}/v1/models" });
                    await route.FulfillAsync(new() { Body = $"{await models.TextAsync()}\n" });
                }
                else
                {
                    await route.FulfillAsync(new() { Status = 503, ContentType = "application/problem+json", Body = """{"title":"Unavailable","detail":"Down for a moment."}""" });
                }
            });
        },
        expectedComplaint: "status of 503");
}
