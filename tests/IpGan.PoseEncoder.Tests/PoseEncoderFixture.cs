using Google.Protobuf;
using IpGan.Models;
using IpGan.PoseEncoder.Tests;
using IpGan.V1;

[assembly: AssemblyFixture(typeof(PoseEncoderFixture))]

namespace IpGan.PoseEncoder.Tests;

/// <summary>A running pose encoder with two versions, shared by the tests that leave them as they are.</summary>
public sealed class PoseEncoderFixture : IAsyncLifetime
{
    public const string Project = "IpGan.PoseEncoder";
    public const string Space = "0000000b";

    private readonly TemporaryFolder _root = new();
    private readonly Dictionary<string, PackageAnswers> _answers = [];

    public HostProcess Host { get; private set; } = null!;

    public V1.PoseEncoder.PoseEncoderClient Client => new(Host.Channel);

    public async ValueTask InitializeAsync()
    {
        foreach (var seed in new[] { 1, 2 })
        {
            var version = TinyPackages.Publish(_root.Path, ModelRole.PoseEncoder, Space, seed);
            _answers[$"{version}"] = PackageAnswers.Open(_root.Path, ModelRole.PoseEncoder, version);
        }
        Host = await HostProcess.StartAsync(Project, Settings(_root));
    }

    /// <summary>What a version's package computes.</summary>
    public PackageAnswers Answers(string version) => _answers[version];

    public static Dictionary<string, string> Settings(TemporaryFolder root) => new()
    {
        ["Models:Repository"] = root.Path,
        ["Models:Device"] = "Cpu",
        ["Models:PollInterval"] = "00:00:00.100",
        ["Models:DrainDelay"] = "00:00:00.200",
    };

    public static EmbedRequest Request(byte[] photo, string version = "", string id = "") =>
        new() { Image = new Image { Content = ByteString.CopyFrom(photo) }, ModelVersion = version, Id = id };

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        foreach (var answers in _answers.Values)
        {
            answers.Dispose();
        }
        _root.Dispose();
    }
}
