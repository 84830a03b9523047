using System.Text.Json;
using static Microsoft.Playwright.Assertions;

namespace IpGan.Studio.Tests;

/// <summary>What visitors do and see.</summary>
internal static class Steps
{
    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static ILocator Slider(this IPage page, string name) => page.GetByRole(AriaRole.Slider, new() { Name = name, Exact = true });

    public static ILocator Picture(this IPage page) => page.Locator("#picture");

    /// <summary>Clicks the first example and waits for its picture and its strip.</summary>
    public static async Task ChooseExampleAsync(this IPage page)
    {
        await page.Button("Example 1").ClickAsync();
        await page.ShowsAsync("Example 1: yaw 0°, pitch 0°, roll 0°");
        await page.ShowsStripOfAsync("Example 1");
    }

    /// <summary>Waits for the strip of a person, which is drawn when the picture rests.</summary>
    public static Task ShowsStripOfAsync(this IPage page, string person) =>
        Expect(page.GetByRole(AriaRole.Group, new() { Name = $"Film strip: {person}", Exact = true }).GetByRole(AriaRole.Button)).ToHaveCountAsync(13);

    /// <summary>Waits until the picture is the one that this text describes; the picture's address.</summary>
    public static async Task<string> ShowsAsync(this IPage page, string alt)
    {
        await Expect(page.Picture()).ToHaveAttributeAsync("alt", alt);
        return (await page.Picture().GetAttributeAsync("src"))!;
    }

    /// <summary>Picks a file with the button that asks for one.</summary>
    public static async Task PickAsync(this IPage page, string button, string name, string type, byte[] content)
    {
        var chooser = await page.RunAndWaitForFileChooserAsync(() => page.Button(button).ClickAsync());
        await chooser.SetFilesAsync(new FilePayload { Name = name, MimeType = type, Buffer = content });
    }

    /// <summary>Drops a JPEG on an element.</summary>
    public static Task DropAsync(this IPage page, string on, string name, byte[] content) => page.EvaluateAsync("""
        ([on, name, base64]) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], name, { type: 'image/jpeg' }));
          document.querySelector(on).dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));
        }
        """, new[] { on, name, Convert.ToBase64String(content) });

    /// <summary>No face is found in any photo: squares are then taken as cut already, whatever the shipped finder thinks of rendered heads.</summary>
    public static Task WithoutFinderAsync(this IPage page) =>
        page.RouteAsync("**/v1/faces:find", route => route.FulfillAsync(new() { Json = new { faces = Array.Empty<object>() } }));

    /// <summary>The bodies of the requests to an address of the API, as they are sent from now on.</summary>
    public static List<JsonElement> Requests(this IPage page, string path)
    {
        var bodies = new List<JsonElement>();
        page.Request += (_, request) =>
        {
            if (request.Url.EndsWith(path, StringComparison.Ordinal) && request.PostData is { } body)
                bodies.Add(JsonDocument.Parse(body).RootElement);
        };
        return bodies;
    }

    /// <summary>The file that a click saves.</summary>
    public static async Task<(string Name, byte[] Content)> SaveAsync(this IPage page, string button)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.Locator(button).ClickAsync());
        return (download.SuggestedFilename, await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken));
    }

    /// <summary>A rendered head that the page offers as an example; nobody real.</summary>
    public static byte[] Example(string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "..", "..", "IpGan.Gateway", new DirectoryInfo(AppContext.BaseDirectory).Name, "wwwroot", "examples", name));
}
