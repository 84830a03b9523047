using IpGan.Models;

[assembly: AssemblyFixture(typeof(IpGan.Studio.Tests.Studio))]
// One browser, one system behind it, and tests that change its models.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace IpGan.Studio.Tests;

/// <summary>The page in a real browser, before the real gateway and services with the shipped models.</summary>
public sealed class Studio : IAsyncLifetime
{
    // What Chromium would otherwise ask of the net by itself is none of the page's doing.
    private static readonly string[] Switches =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    // Milliseconds. Machines that build and train meanwhile are slow.
    private const int Patience = 60_000;

    private readonly TemporaryFolder _repository = new();
    private Cluster? _cluster;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The model repository, a copy of the shipped one: tests may publish into it.</summary>
    private string Repository => _repository.Path;

    /// <summary>Where the page is.</summary>
    public string Address => _cluster!.Gateway.HttpAddress;

    /// <summary>False where there is no Chromium: nothing is started then.</summary>
    public bool HasBrowser => _browser is not null;

    /// <summary>Another gateway before the same services, with further settings. Skips where there is no Chromium.</summary>
    public async Task<HostProcess> StartGatewayAsync(Dictionary<string, string> settings)
    {
        SkipWithoutBrowser();
        string[] roles = ["IdentityEncoders", "PoseEncoders", "Generators"];
        foreach (var (role, service) in roles.Zip(_cluster!.Services))
            settings[$"Gateway:{role}:0"] = service.GrpcAddress;
        return await HostProcess.StartAsync("IpGan.Gateway", settings, cancel: TestContext.Current.CancellationToken);
    }

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        if (Chromium() is not { } chromium)
            return;
        CopyFolder(Checkout.Models, Repository);
        _cluster = await Cluster.StartAsync(Repository, cancel);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = chromium, Args = Switches });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _repository.Dispose();
    }

    /// <summary>
    /// Opens the page, does something with it, and fails if the page complained, broke its own policy or asked anybody but the gateway.
    /// Skips where there is no Chromium.
    /// </summary>
    /// <param name="visit">What to do and to check.</param>
    /// <param name="view">"turn", "compare" or "models".</param>
    /// <param name="options">Of the browser's window.</param>
    /// <param name="prepare">Runs before the page is loaded.</param>
    /// <param name="waitUntilUp">Whether to wait for the models before the visit.</param>
    /// <param name="gateway">Another gateway than the usual one.</param>
    /// <param name="expectedComplaint">A part of the complaints that the test causes on purpose.</param>
    public async Task VisitAsync(
        Func<IPage, Task> visit, string view = "turn", BrowserNewContextOptions? options = null, Func<IPage, Task>? prepare = null,
        bool waitUntilUp = true, HostProcess? gateway = null, string? expectedComplaint = null)
    {
        SkipWithoutBrowser();
        var address = gateway?.HttpAddress ?? Address;
        await using var context = await _browser!.NewContextAsync(options);
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(Patience);
        Assertions.SetDefaultExpectTimeout(Patience);
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                complaints.Add(message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!new[] { $"{address}/", "data:", "blob:" }.Any(own => request.Url.StartsWith(own, StringComparison.Ordinal)))
                complaints.Add($"The page asked {request.Url}.");
        };
        await page.AddInitScriptAsync("addEventListener('securitypolicyviolation', e => console.error(`${e.violatedDirective} forbids ${e.blockedURI}`))");
        if (prepare is not null)
            await prepare(page);
        await page.GotoAsync($"{address}/#{view}");
        if (waitUntilUp)
            await page.Locator("#status[data-state='good']").WaitForAsync();
        await visit(page);
        Assert.DoesNotContain(complaints, c => expectedComplaint is null || !c.Contains(expectedComplaint, StringComparison.Ordinal));
    }

    /// <summary>Publishes the next version of a role: a copy of the first, whole or not at all. Its number.</summary>
    /// <param name="role">Of which.</param>
    /// <param name="change">Changes the copy before it is published.</param>
    public string PublishCopy(ModelRole role, Action<string>? change = null)
    {
        var version = $"{new ModelRepository(Repository).Versions(role)[0] + 1}";
        var copy = Path.Combine(Repository, ".copy");
        CopyFolder(Path.Combine(_repository.Role(role), "1"), copy);
        change?.Invoke(copy);
        Directory.Move(copy, Path.Combine(_repository.Role(role), version));
        return version;
    }

    public void SkipWithoutBrowser()
    {
        if (!HasBrowser)
            Assert.Skip("There is no Chromium on this machine (Debian: apt-get install chromium; elsewhere: name it in CHROMIUM).");
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    private static string? Chromium()
    {
        if (Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } named)
            return named;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return (from name in new[] { "chromium", "chromium-browser", "google-chrome" } from folder in folders select Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }
}
