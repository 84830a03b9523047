using System.Diagnostics.Metrics;
using IpGan.Models;
using IpGan.Serving.Runtime;
using IpGan.Serving.Versions;
using IpGan.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace IpGan.Serving.Tests.Versions;

/// <summary>A model host over a repository of tiny packages. Time stands still, and the repository is looked at when the test says so.</summary>
internal sealed class Bench : IDisposable
{
    public const string Space = "0000000a";
    public const int CanaryRequests = 20;
    public static readonly TimeSpan DrainDelay = TimeSpan.FromSeconds(5);

    private readonly TemporaryFolder _root = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ModelRole _role;
    private int _seed = 100;

    public Bench(int keep = 3, ModelRole role = ModelRole.IdentityEncoder, string? requireSignature = null, double canaryShare = 0, Func<bool>? folderIsComplete = null)
    {
        _role = role;
        var options = Options.Create(new ServingOptions
        {
            Repository = _root.Path,
            Keep = keep,
            DrainDelay = DrainDelay,
            Device = DeviceChoice.Cpu,
            RequireSignature = requireSignature,
            CanaryShare = canaryShare,
            CanaryRequests = CanaryRequests,
            CanaryDistance = 0.05,
        });
        Host = new ModelHost(role, options, new OnnxDevice(options, NullLogger<OnnxDevice>.Instance), Time,
            new ServingMetrics(_services.GetRequiredService<IMeterFactory>()), Log, folderIsComplete);
    }

    public ModelHost Host { get; }

    public FakeTimeProvider Time { get; } = new();

    public LogLines<ModelHost> Log { get; } = new();

    public string Root => _root.Path;

    public string RoleFolder => _root.Role(_role);

    public string? Active => Host.Describe().Models.SingleOrDefault(m => m.Active)?.Version;

    public string Folder(int version) => new ModelRepository(Root).Folder(_role, version);

    /// <summary>Publishes the newest version once more, under the next number.</summary>
    public int PublishAgain() => TinyPackages.Publish(Root, _role, Space, _seed - 1);

    /// <summary>Publishes the next version; each has other weights.</summary>
    public int Publish() => TinyPackages.Publish(Root, _role, Space, _seed++);

    public async Task PublishAndScanAsync()
    {
        Publish();
        await ScanAsync();
    }

    public Task ScanAsync() => Host.ScanAsync(TestContext.Current.CancellationToken);

    public ModelInfo Model(int version) => Host.Describe().Models.Single(m => m.Version == $"{version}");

    /// <summary>Versions with their states, newest first: "3 Ready, 2 Draining".</summary>
    public string States() => string.Join(", ", Host.Describe().Models.Select(m => $"{m.Version} {m.State}"));

    /// <summary>The version that says it answers, checked against what that version computes.</summary>
    public string Ask(string version = "")
    {
        using var lease = Host.Acquire(version);
        return Ask(lease);
    }

    public string Ask(ModelLease lease)
    {
        var size = lease.Model.Manifest.ImageSize;
        var planes = new float[3 * size * size];
        Imaging.FaceSquare.Read(Pictures.Square(1), null, size, planes);
        using var answers = Answers(lease.Model.Version);
        Assert.Equal(answers.Embed(Pictures.Square(1))[0], lease.Model.RunOne(planes)[0]);
        return lease.Model.VersionText;
    }

    public PackageAnswers Answers(int version) => PackageAnswers.Open(Root, _role, version);

    /// <summary>Waits until a condition holds that another thread brings about.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddMinutes(2);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "The condition never held.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        Host.Dispose();
        _services.Dispose();
        _root.Dispose();
    }
}
