using System.Security.Cryptography;
using System.Text;
using IpGan.Gateway.Tests.Access;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

/// <summary>A gateway that asks for a key or a token.</summary>
public sealed class KeyTests(Studio studio)
{
    private const string Refused = "status of 401";

    private Task<HostProcess> StartGatewayAsync() => studio.StartGatewayAsync(new()
    {
        ["Gateway:Access:Keys:0:Name"] = "visitor",
        ["Gateway:Access:Keys:0:Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("right"))),
    });

    [Fact]
    public async Task It_is_asked_for_in_a_dialog_and_sent_until_the_tab_is_closed()
    {
        await using var gateway = await StartGatewayAsync();
        await studio.VisitAsync(
            async page =>
            {
                var key = page.GetByLabel("API key");
                await key.FillAsync("wrong");
                await key.PressAsync("Enter");
                await Expect(page.Locator("#key-problem")).ToContainTextAsync("not accepted");
                await key.FillAsync("right");
                await key.PressAsync("Enter");
                await page.ChooseExampleAsync();
                await page.ReloadAsync();
                await page.ChooseExampleAsync();
                await Expect(page.Locator("#key-dialog")).ToBeHiddenAsync();
            },
            waitUntilUp: false,
            gateway: gateway,
            expectedComplaint: Refused);
    }

    [Fact]
    public async Task A_token_that_is_pasted_is_sent_as_a_bearer_token_until_the_tab_is_closed()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var gateway = await studio.StartGatewayAsync(new()
        {
            ["Gateway:Access:Tokens:Issuer"] = issuer.Address,
            ["Gateway:Access:Tokens:Audience"] = "ipgan",
        });
        await studio.VisitAsync(
            async page =>
            {
                await page.GetByLabel("You have an").SelectOptionAsync("Access token");
                var token = page.GetByLabel("Access token");
                await token.FillAsync(issuer.Token("somebody else"));
                await token.PressAsync("Enter");
                await Expect(page.Locator("#key-problem")).ToContainTextAsync("not accepted");
                // As copied from elsewhere.
                await token.FillAsync($"Bearer {issuer.Token("ipgan")} ");
                await token.PressAsync("Enter");
                await page.ChooseExampleAsync();
                await page.ReloadAsync();
                await page.ChooseExampleAsync();
                await Expect(page.Locator("#key-dialog")).ToBeHiddenAsync();
            },
            waitUntilUp: false,
            gateway: gateway,
            expectedComplaint: Refused);
    }

    [Fact]
    public async Task Who_gives_none_is_told_so()
    {
        await using var gateway = await StartGatewayAsync();
        await studio.VisitAsync(
            async page =>
            {
                // The stream of models asks again and again; the visitor is asked once.
                await page.Locator("#key-dialog").GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
                await Expect(page.Locator("#chooser [role='alert']")).ToHaveTextAsync("The gateway asks for a key or token. Reload this page to give one.");
                await page.RunAndWaitForResponseAsync(() => Task.CompletedTask, "**/v1/models:watch");
                await Expect(page.Locator("#key-dialog")).ToBeHiddenAsync();
            },
            waitUntilUp: false,
            gateway: gateway,
            expectedComplaint: Refused);
    }

    [Fact]
    public async Task Who_may_not_choose_versions_is_told_so_beside_the_service()
    {
        await using var gateway = await StartGatewayAsync();
        studio.PublishCopy(IpGan.Models.ModelRole.IdentityEncoder);
        await studio.VisitAsync(
            async page =>
            {
                await page.Button("Identity encoder: serve version 1").ClickAsync();
                await Expect(page.Locator("#services article").First.Locator("[role='alert']")).ToContainTextAsync("'visitor' may not choose model versions");
            },
            view: "models",
            prepare: page => page.AddInitScriptAsync("sessionStorage.setItem('ipgan-key', 'right')"),
            gateway: gateway,
            expectedComplaint: "status of 403");
    }
}
