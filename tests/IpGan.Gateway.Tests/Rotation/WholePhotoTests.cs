using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Rotation;

/// <summary>A running system with a face finder beside its encoders.</summary>
public sealed class FinderCluster : IAsyncLifetime
{
    private readonly TemporaryFolder _repository = new();
    private Cluster? _cluster;

    public HostProcess Gateway => _cluster!.Gateway;

    public ModelControl.ModelControlClient Models => new(Gateway.Channel);

    public async ValueTask InitializeAsync()
    {
        TinyPackages.PublishSet(_repository.Path, TinyCluster.SpaceId, seed: 1);
        PublishFinder(seed: 1);
        _cluster = await Cluster.StartAsync(_repository.Path, TestContext.Current.CancellationToken);
        await UntilFinderAsync("1");
    }

    public void PublishFinder(int seed) => TinyPackages.Publish(_repository.Path, ModelRole.FaceFinder, TinyCluster.SpaceId, seed);

    /// <summary>Waits until both encoders find faces by this version.</summary>
    public async Task UntilFinderAsync(string version)
    {
        using var watch = Models.WatchModels(new WatchModelsRequest(), cancellationToken: TestContext.Current.CancellationToken);
        await foreach (var snapshot in watch.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (snapshot.Services.Count(s => s.Role == "face-finder" && s.Models.Any(m => m.Active && m.Version == version)) == 2)
            {
                return;
            }
        }
        throw new InvalidOperationException("The gateway ended the watch.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        _repository.Dispose();
    }
}

/// <summary>Photos of which nobody says where the face is, through the gateway.</summary>
public sealed class WholePhotoTests(FinderCluster cluster) : IClassFixture<FinderCluster>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FaceRotation.FaceRotationClient Client => new(cluster.Gateway.Channel);

    private static Image Photo => new() { Content = ByteString.CopyFrom(TinyFinder.Photo((1, 2, TinyFinder.Face(large: false)), (4, 3, TinyFinder.Face(large: true)))) };

    private static Image Empty => new() { Content = ByteString.CopyFrom(TinyFinder.Photo()) };

    [Fact]
    public async Task Rotation_says_which_face_of_the_source_and_of_a_reference_photo_was_taken()
    {
        var leftmost = Photo;
        leftmost.Choice = new FaceChoice { Index = 0 };
        var response = await Client.RotateAsync(new RotateRequest
        {
            Source = new RotationSource { Image = Photo },
            Targets = { new RotationTarget { Angles = new Angles() }, new RotationTarget { Image = leftmost } },
        }, cancellationToken: Cancel);

        Assert.Equal(2, response.Images.Count);
        Assert.Equal([("source.image", 1), ("targets[1].image", 0)], response.Faces.Select(f => (f.Part, f.Face.Index)));
        Assert.All(response.Faces, f => Assert.Equal((CropSource.Found, 2), (f.Crop, f.Face.Count)));
        Assert.All(response.Faces, f => Assert.NotEmpty(f.Face.FinderVersion));
    }

    [Fact]
    public async Task Comparison_and_resolution_say_it_too()
    {
        var compared = await Client.CompareAsync(
            new CompareRequest { A = new RotationSource { Image = Photo }, B = new RotationSource { Image = Photo } }, cancellationToken: Cancel);
        Assert.Equal(["a.image", "b.image"], compared.Faces.Select(f => f.Part));
        Assert.Equal(1, compared.Score, 1e-4f);

        var images = new ImageSet { Images = { Photo, Photo } };
        var resolved = await Client.ResolveIdentityAsync(new ResolveIdentityRequest { Source = new RotationSource { Images = images } }, cancellationToken: Cancel);
        Assert.Equal(["source.images[0]", "source.images[1]"], resolved.Faces.Select(f => f.Part));
    }

    [Fact]
    public async Task Photo_without_a_face_is_not_found_and_the_message_says_which_photo()
    {
        var request = new RotateRequest { Source = new RotationSource { Image = Empty }, Targets = { new RotationTarget { Angles = new Angles() } } };
        var error = await Assert.ThrowsAsync<RpcException>(() => Client.RotateAsync(request, cancellationToken: Cancel).ResponseAsync);

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.StartsWith("source.image: No face was found", error.Status.Detail, StringComparison.Ordinal);
        var info = error.GetRpcStatus()!.GetDetail<ErrorInfo>()!;
        Assert.Equal("NO_FACE", info.Reason);

        // An item of a stream says as much, and so does REST.
        using var stream = Client.RotateStream(cancellationToken: Cancel);
        await stream.RequestStream.WriteAsync(request, Cancel);
        await stream.RequestStream.CompleteAsync();
        Assert.True(await stream.ResponseStream.MoveNext(Cancel));
        Assert.Equal(error.GetRpcStatus(), stream.ResponseStream.Current.Error);
        using var client = new HttpClient();
        using var content = new StringContent(JsonFormatter.Default.Format(request), System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri($"{cluster.Gateway.HttpAddress}/v1/rotate"), content, Cancel);
        var problem = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement;
        Assert.Equal((404, "NO_FACE"), ((int)answer.StatusCode, problem.GetProperty("reason").GetString()));
        Assert.Equal(info.Metadata, problem.GetProperty("metadata").EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString()!));
    }

    [Fact]
    public async Task Faces_of_a_photo_are_found_over_gRPC_and_over_REST()
    {
        var request = new FindFacesRequest { Image = Photo };
        var found = await new FaceFinder.FaceFinderClient(cluster.Gateway.Channel).FindFacesAsync(request, cancellationToken: Cancel);
        Assert.Equal((2, 128, 96), (found.Faces.Count, found.Width, found.Height));

        using var client = new HttpClient();
        using var content = new StringContent(JsonFormatter.Default.Format(request), System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri($"{cluster.Gateway.HttpAddress}/v1/faces:find"), content, Cancel);
        Assert.Equal(found, FindFacesResponse.Parser.ParseJson(await answer.Content.ReadAsStringAsync(Cancel)));
    }

    [Fact]
    public async Task Finder_is_set_at_both_encoders_and_a_triple_does_not_depend_on_it()
    {
        cluster.PublishFinder(seed: 2);
        await cluster.UntilFinderAsync("2");

        var set = await cluster.Models.SetVersionAsync(new SetVersionRequest { Role = "face-finder", Version = "1" }, cancellationToken: Cancel);

        Assert.Equal(["1", "1"], Finders(set).Select(f => f.PinnedVersion));
        Assert.Equal(2, Finders(set).Select(f => f.Address).Distinct().Count());
        Assert.Equal(new ModelTriple { IdentityEncoder = "1", PoseEncoder = "1", Generator = "1" }, set.Serving);
        Assert.Empty(set.Note);
        var error = await Assert.ThrowsAsync<RpcException>(
            () => cluster.Models.SetVersionAsync(new SetVersionRequest { Role = "face-finder", Version = "9" }, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    private static List<ServiceInfo> Finders(ModelsSnapshot snapshot) => [.. snapshot.Services.Where(s => s.Role == "face-finder")];
}
