using IpGan.Models;

namespace IpGan.Testing;

/// <summary>A running service with two versions of its role, 1 and 2; tests that share it leave them as they are.</summary>
/// <param name="project">Name of the service's project.</param>
/// <param name="role">Its role.</param>
/// <param name="space">The id in the names of the packages' spaces.</param>
public abstract class HostOfTwoVersions(string project, ModelRole role, string space) : IAsyncDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly Dictionary<string, PackageAnswers> _answers = [];

    public HostProcess Host { get; private set; } = null!;

    /// <summary>Publishes both and starts the service.</summary>
    public async ValueTask InitializeAsync()
    {
        foreach (var seed in new[] { 1, 2 })
        {
            var version = TinyPackages.Publish(_root.Path, role, space, seed);
            _answers[$"{version}"] = PackageAnswers.Open(_root.Path, role, version);
        }
        Host = await HostProcess.StartAsync(project, Settings(_root));
    }

    /// <summary>What a version's package computes.</summary>
    public PackageAnswers Answers(string version) => _answers[version];

    /// <summary>Settings of a service on a repository: looks often, drains soon.</summary>
    public static Dictionary<string, string> Settings(TemporaryFolder root) => new()
    {
        ["Models:Repository"] = root.Path,
        ["Models:Device"] = "Cpu",
        ["Models:PollInterval"] = "00:00:00.100",
        ["Models:DrainDelay"] = "00:00:00.200",
    };

    public async ValueTask DisposeAsync()
    {
        // It may not have started.
        if (Host is not null)
            await Host.DisposeAsync();
        foreach (var answers in _answers.Values)
            answers.Dispose();
        _root.Dispose();
        GC.SuppressFinalize(this);
    }
}
