using IpGan.Imaging;
using IpGan.Models;

namespace IpGan.Gateway.Tests;

/// <summary>A running system on one set of tiny packages, and what that set must answer.</summary>
public sealed class TinyCluster : IAsyncLifetime
{
    public const string SpaceId = "0a0a0a0a";

    private readonly TemporaryFolder _repository = new();
    private Cluster? _cluster;
    private PackageAnswers? _identity;
    private PackageAnswers? _pose;
    private PackageAnswers? _generator;

    public HostProcess Gateway => _cluster!.Gateway;

    public PackageAnswers Pose => _pose!;

    public async ValueTask InitializeAsync()
    {
        var set = TinyPackages.PublishSet(_repository.Path, SpaceId, seed: 1);
        _identity = PackageAnswers.Open(_repository.Path, ModelRole.IdentityEncoder, set.IdentityEncoder);
        _pose = PackageAnswers.Open(_repository.Path, ModelRole.PoseEncoder, set.PoseEncoder);
        _generator = PackageAnswers.Open(_repository.Path, ModelRole.Generator, set.Generator);
        _cluster = await Cluster.StartAsync(_repository.Path, TestContext.Current.CancellationToken);
    }

    public float[] Identity(byte[] photo) => _identity!.Embed(photo)[0];

    /// <summary>Fails unless the picture is what the generator draws from these vectors.</summary>
    public void AssertDrawn(float[] identity, float[] pose, ReadOnlyMemory<byte> picture)
    {
        var size = _generator!.Manifest.ImageSize;
        var expected = new byte[3 * size * size];
        PlanarRgb.ToBytes(_generator.Draw(identity, pose), expected);
        var actual = new byte[expected.Length];
        FaceSquare.ReadRgb(picture, null, size, actual);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1));
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        _identity?.Dispose();
        _pose?.Dispose();
        _generator?.Dispose();
        _repository.Dispose();
    }
}
