using Google.Protobuf;
using IpGan.IdentityEncoder.Tests;
using IpGan.Models;
using IpGan.V1;

[assembly: AssemblyFixture(typeof(IdentityEncoderFixture))]

namespace IpGan.IdentityEncoder.Tests;

/// <summary>A running identity encoder with two versions, shared by the tests that leave them as they are.</summary>
public sealed class IdentityEncoderFixture : IAsyncLifetime
{
    public const string Project = "IpGan.IdentityEncoder";
    public const string Space = "0000000a";

    private readonly TemporaryFolder _root = new();
    private readonly Dictionary<string, PackageAnswers> _answers = [];

    public HostProcess Host { get; private set; } = null!;

    public V1.IdentityEncoder.IdentityEncoderClient Client => new(Host.Channel);

    public async ValueTask InitializeAsync()
    {
        foreach (var seed in new[] { 1, 2 })
        {
            var version = TinyPackages.Publish(_root.Path, ModelRole.IdentityEncoder, Space, seed);
            _answers[$"{version}"] = PackageAnswers.Open(_root.Path, ModelRole.IdentityEncoder, version);
        }
        Host = await HostProcess.StartAsync(Project, Settings(_root));
    }

    /// <summary>What a version computes for a photo.</summary>
    public float[] Expected(string version, byte[] photo, Imaging.FacePlace? face = null) => _answers[version].Embed(photo, face)[0];

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
