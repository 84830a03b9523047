using Google.Protobuf;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Testing;
using IpGan.V1;
using SkiaSharp;

namespace IpGan.Benchmarks;

/// <summary>The same work in all its forms: bare in this process, through the services, through the gateway, by the peer.</summary>
internal sealed class SystemUnderTest : IAsyncDisposable
{
    private readonly PackageAnswers _identityEncoder;
    private readonly PackageAnswers _poseEncoder;
    private readonly PackageAnswers _generator;
    private readonly byte[] _photo = Pictures.Square(1, 160, SKEncodedImageFormat.Jpeg);
    private readonly EmbedRequest _embed;
    private readonly RotateRequest _rotate;

    private SystemUnderTest(string root, Cluster cluster, NodePeer? peer)
    {
        (Cluster, Peer) = (cluster, peer);
        var models = new ModelRepository(root);
        PackageAnswers Newest(ModelRole role) => PackageAnswers.Open(root, role, models.Versions(role)[0]);
        (_identityEncoder, _poseEncoder, _generator) = (Newest(ModelRole.IdentityEncoder), Newest(ModelRole.PoseEncoder), Newest(ModelRole.Generator));
        var image = new Image { Content = ByteString.CopyFrom(_photo), Cropped = true };
        _embed = new EmbedRequest { Image = image };
        _rotate = new RotateRequest { Source = new RotationSource { Image = image }, Targets = { new RotationTarget { Image = image } } };
        var service = new IdentityEncoder.IdentityEncoderClient(cluster.Services[0].Channel);
        var gateway = new IdentityEncoder.IdentityEncoderClient(cluster.Gateway.Channel);
        var rotation = new FaceRotation.FaceRotationClient(cluster.Gateway.Channel);
        EmbedService = () => service.EmbedAsync(_embed).ResponseAsync;
        EmbedGateway = () => gateway.EmbedAsync(_embed).ResponseAsync;
        RotateGateway = () => rotation.RotateAsync(_rotate).ResponseAsync;
        if (peer is not null)
        {
            var other = new IdentityEncoder.IdentityEncoderClient(peer.Channel);
            EmbedPeer = () => other.EmbedAsync(_embed).ResponseAsync;
        }
    }

    public Cluster Cluster { get; }

    public NodePeer? Peer { get; }

    public Func<Task> EmbedService { get; }

    public Func<Task> EmbedGateway { get; }

    public Func<Task> RotateGateway { get; }

    public Func<Task>? EmbedPeer { get; }

    /// <summary>Starts all processes.</summary>
    public static async Task<SystemUnderTest> StartAsync(
        string models, bool peer, CancellationToken cancel, IReadOnlyDictionary<string, string>? settings = null)
    {
        var repository = new ModelRepository(models);
        if (ModelRoles.Rotation.FirstOrDefault(r => repository.Versions(r).Count == 0) is var missing && repository.Versions(missing).Count == 0)
            throw new InvalidOperationException($"'{models}' holds no {missing.Name()}. Run this from the repository's root.");
        var cluster = await Cluster.StartAsync(models, cancel, settings: settings);
        try
        {
            var version = repository.Versions(ModelRole.IdentityEncoder)[0];
            var package = ModelPackage.Open(repository.Folder(ModelRole.IdentityEncoder, version));
            return new SystemUnderTest(models, cluster, peer ? await NodePeer.StartAsync(package, cancel) : null);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Decode and network.</summary>
    public Task EmbedBare()
    {
        _identityEncoder.Embed(_photo);
        return Task.CompletedTask;
    }

    /// <summary>Decode, both encoders, generator, encode.</summary>
    public Task RotateBare()
    {
        PictureEncoder.Encode(
            _generator.Draw(_identityEncoder.Embed(_photo)[0], _poseEncoder.Embed(_photo)[0]), _generator.Manifest.ImageSize, PictureFormat.Png);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _identityEncoder.Dispose();
        _poseEncoder.Dispose();
        _generator.Dispose();
        if (Peer is not null)
            await Peer.DisposeAsync();
        await Cluster.DisposeAsync();
    }
}
