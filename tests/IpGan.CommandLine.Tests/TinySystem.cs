using IpGan.Client;

[assembly: AssemblyFixture(typeof(IpGan.CommandLine.Tests.TinySystem))]

namespace IpGan.CommandLine.Tests;

/// <summary>The gateway and three services on tiny packages, as processes.</summary>
public class TinySystem : IAsyncLifetime
{
    public const string SpaceId = "0a0a0a0a";

    private readonly TemporaryFolder _repository = new();
    private Cluster? _cluster;

    protected string Repository => _repository.Path;

    public string Address => _cluster!.Gateway.GrpcAddress;

    public virtual async ValueTask InitializeAsync()
    {
        TinyPackages.PublishSet(_repository.Path, SpaceId, seed: 1);
        _cluster = await Cluster.StartAsync(_repository.Path, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        _repository.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same, with a face finder beside the encoders.</summary>
public sealed class FinderSystem : TinySystem
{
    public override async ValueTask InitializeAsync()
    {
        TinyPackages.Publish(Repository, IpGan.Models.ModelRole.FaceFinder, SpaceId, seed: 1);
        await base.InitializeAsync();
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [new Uri(Address)] });
        await foreach (var models in client.WatchModelsAsync(TestContext.Current.CancellationToken))
        {
            if (models.Services.Count(s => s.Role == "face-finder" && s.Models.Any(m => m.Active)) == 2)
            {
                return;
            }
        }
        throw new InvalidOperationException("The gateway ended the watch.");
    }
}

/// <summary>A folder in which `ipgan` runs against the tiny system.</summary>
public abstract class IpGanTest(TinySystem system) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected string Folder => _folder.Path;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<IpGanRun> RunAsync(params string[] arguments) => IpGanProcess.RunAsync(Folder, system.Address, arguments);

    private protected IpGanProcess Start(params string[] arguments) => IpGanProcess.Start(Folder, system.Address, arguments);

    /// <summary>A run that must end with a code; its errors are shown if it does not.</summary>
    private protected Task<IpGanRun> ExpectAsync(int exitCode, params string[] arguments) => ExpectAsync(exitCode, [], arguments);

    /// <summary>The same, with variables of its environment.</summary>
    private protected async Task<IpGanRun> ExpectAsync(int exitCode, Dictionary<string, string> environment, string[] arguments)
    {
        using var process = IpGanProcess.Start(Folder, system.Address, key: null, arguments, environment: environment);
        var run = await process.EndAsync();
        Assert.True(run.ExitCode == exitCode, $"ipgan {string.Join(' ', arguments)} ended with {run.ExitCode}:\n{run.Errors}{run.Output}");
        return run;
    }

    /// <summary>Writes a square photo; its name.</summary>
    protected string Photo(string name, int seed)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Pictures.Square(seed));
        return name;
    }

    protected string[] FilesIn(string folder) => [.. Directory.EnumerateFiles(Path.Combine(Folder, folder), "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Path.Combine(Folder, folder), f)).Order(StringComparer.Ordinal)];
}
