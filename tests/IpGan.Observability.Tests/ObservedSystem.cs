using IpGan.Models;
using IpGan.Observability.Tests;

[assembly: AssemblyFixture(typeof(ObservedSystem))]

namespace IpGan.Observability.Tests;

/// <summary>Gateway and three services on a copy of the shipped models; they export by OTLP and can be scraped.</summary>
public sealed class ObservedSystem : IAsyncLifetime
{
    private readonly TemporaryFolder _models = new();
    private Cluster? _cluster;
    private OtlpReceiver? _received;

    public HostProcess Gateway => _cluster!.Gateway;

    public HostProcess IdentityEncoder => _cluster!.Services[0];

    public OtlpReceiver Received => _received!;

    /// <summary>The processes, by the names that Prometheus has for them.</summary>
    public IReadOnlyDictionary<string, HostProcess> ByJob => new Dictionary<string, HostProcess>
    {
        ["identity-encoder"] = _cluster!.Services[0],
        ["pose-encoder"] = _cluster.Services[1],
        ["generator"] = _cluster.Services[2],
        ["gateway"] = _cluster.Gateway,
    };

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        foreach (var role in ModelRoles.All)
        {
            Copy(new ModelRepository(Checkout.Models), role, 1);
        }
        _received = await OtlpReceiver.StartAsync(cancel);
        _cluster = await Cluster.StartAsync(_models.Path, cancel, settings: new Dictionary<string, string>(_received.Settings)
        {
            ["Kestrel:Endpoints:Metrics:Url"] = "http://127.0.0.1:0",
            // A line for each request, written while its span is the current one.
            ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Information",
        });
    }

    /// <summary>Publishes version 1 of a role once more.</summary>
    /// <param name="role">The role.</param>
    /// <param name="version">As this version.</param>
    /// <param name="damage">Turns a byte of the network round.</param>
    public void PublishAgain(ModelRole role, int version, bool damage = false) => Copy(new ModelRepository(_models.Path), role, version, damage);

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        if (_received is not null)
        {
            await _received.DisposeAsync();
        }
        _models.Dispose();
    }

    private void Copy(ModelRepository from, ModelRole role, int version, bool damage = false) =>
        PackageCopy.Publish(from.Folder(role, from.Versions(role)[^1]), new ModelRepository(_models.Path), role, version, damage);
}
