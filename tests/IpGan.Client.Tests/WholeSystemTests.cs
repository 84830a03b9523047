using Grpc.Core;
using IpGan.V1;

[assembly: AssemblyFixture(typeof(IpGan.Client.Tests.TinySystem))]

namespace IpGan.Client.Tests;

/// <summary>The gateway and three services on tiny packages, as processes.</summary>
public sealed class TinySystem : IAsyncLifetime
{
    private readonly TemporaryFolder _repository = new();
    private Cluster? _cluster;

    public HostProcess Gateway => _cluster!.Gateway;

    /// <summary>Another gateway before the same services.</summary>
    public Task<HostProcess> StartGatewayAsync() => HostProcess.StartAsync("IpGan.Gateway", new Dictionary<string, string>
    {
        ["Gateway:IdentityEncoders:0"] = _cluster!.Services[0].GrpcAddress,
        ["Gateway:PoseEncoders:0"] = _cluster.Services[1].GrpcAddress,
        ["Gateway:Generators:0"] = _cluster.Services[2].GrpcAddress,
    }, cancel: TestContext.Current.CancellationToken);

    public async ValueTask InitializeAsync()
    {
        TinyPackages.PublishSet(_repository.Path, "0a0a0a0a", seed: 1);
        _cluster = await Cluster.StartAsync(_repository.Path, TestContext.Current.CancellationToken);
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

/// <summary>Every call of the client, against the system itself.</summary>
public sealed class WholeSystemTests(TinySystem system) : IDisposable
{
    private readonly IpGanClient _client = new(new IpGanClientOptions { Addresses = [new Uri(system.Gateway.GrpcAddress)] });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Photo Photo(int seed) => new(Pictures.Square(seed)) { Id = $"{seed}" };

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_photo_becomes_a_vector_in_its_space()
    {
        var vector = await _client.EmbedAsync(Photo(1), cancel: Cancel);
        Assert.Equal((TinyPackages.IdentityDimension, TinyPackages.IdentitySpace("0a0a0a0a"), "1"), (vector.Values.Length, vector.Space, vector.ModelVersion));
        Assert.Equal(1, vector.CosineTo(await _client.EmbedAsync(Photo(1), cancel: Cancel)), 1e-5f);
        Assert.NotEqual(vector, await _client.EmbedAsync(Photo(2), cancel: Cancel));
    }

    [Fact]
    public async Task A_face_in_a_photo_is_the_same_as_its_square()
    {
        var whole = Pictures.Photo(400, 300, SkiaSharp.SKEncodedImageFormat.Png);
        var face = new PhotoFace(new PhotoPoint(200, 120), new PhotoPoint(200, 170));
        var moved = await _client.EmbedAsync(new Photo(whole) { Face = face with { Mouth = new PhotoPoint(210, 190) } }, cancel: Cancel);
        Assert.NotEqual(moved, await _client.EmbedAsync(new Photo(whole) { Face = face }, cancel: Cancel));
        var e = await Assert.ThrowsAsync<IpGanException>(() => _client.EmbedAsync(new Photo(whole) { Face = face with { Mouth = face.Sellion } }, cancel: Cancel));
        Assert.Equal(StatusCode.InvalidArgument, e.Status);
    }

    [Fact]
    public async Task Angles_and_photos_become_poses()
    {
        var asked = await _client.PoseFromAnglesAsync(new HeadAngles(20, 5), cancel: Cancel);
        Assert.Equal((new HeadAngles(20, 5), TinyPackages.PoseSpace("0a0a0a0a")), (asked.Angles, asked.Vector.Space));
        var read = await _client.EmbedPoseAsync(Photo(1), cancel: Cancel);
        Assert.NotEqual(0, read.Vector.DistanceTo(asked.Vector));
        Assert.NotEqual(default, read.Angles);
    }

    [Fact]
    public async Task Vectors_that_were_kept_draw_the_same_pictures_as_photos()
    {
        var pose = Photo(2);
        var drawn = await _client.RotateAsync(new RotationRequest(Person.In(Photo(1)), [Pose.At(30), Pose.Like(pose)]), cancel: Cancel);
        var again = await _client.RotateAsync(
            new RotationRequest(Person.With(drawn.Identity), [.. drawn.Pictures.Select(p => Pose.With(p.Pose))]), cancel: Cancel);
        Assert.Equal(2, drawn.Pictures.Count);
        Assert.All(drawn.Pictures.Zip(again.Pictures), pair => Assert.Equal(pair.First.Content.ToArray(), pair.Second.Content.ToArray()));
        Assert.Equal(("1", "1", "1"), (drawn.Models.IdentityEncoder, drawn.Models.PoseEncoder, drawn.Models.Generator));
        Assert.Equal((ImageFormat.Png, 16), (drawn.Pictures[0].Format, drawn.Pictures[0].Size));
    }

    [Fact]
    public async Task Many_photos_are_the_same_as_one_by_one()
    {
        var photos = Enumerable.Range(0, 70).Select(i => i == 40 ? new Photo("no picture"u8.ToArray()) { Id = "40" } : Photo(i)).ToList();
        var results = await _client.EmbedManyAsync(photos.ToAsyncEnumerable(), Cancel).ToListAsync(Cancel);
        Assert.Equal(photos.Select(p => p.Id), results.Select(r => r.Id));
        Assert.Equal(StatusCode.InvalidArgument, results[40].Error?.Status);
        Assert.Equal(69, results.Count(r => r.Succeeded));
        foreach (var i in new[] { 0, 39, 41, 69 })
        {
            Assert.Equal(1, results[i].Value!.CosineTo(await _client.EmbedAsync(photos[i], cancel: Cancel)), 1e-5f);
        }
    }

    [Fact]
    public async Task Many_rotations_are_the_same_as_one_by_one()
    {
        static RotationRequest Request(int i) => new(Person.In(Photo(i)), [Pose.At(i), Pose.At(-i)]) { Id = $"{i}" };
        var results = await _client.RotateManyAsync(Enumerable.Range(0, 70).Select(i => Request(i)).ToAsyncEnumerable(), Cancel).ToListAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, 70).Select(i => $"{i}"), results.Select(r => r.Id));
        // The table of angles reaches to 60 degrees.
        Assert.Equal(Enumerable.Range(61, 9).Select(i => $"{i}"), results.Where(r => !r.Succeeded).Select(r => r.Id));
        Assert.All(results.Where(r => !r.Succeeded), r => Assert.Equal(StatusCode.OutOfRange, r.Error!.Status));
        var alone = await _client.RotateAsync(Request(33), cancel: Cancel);
        Assert.Equal(alone.Pictures.Select(p => p.Content.ToArray()), results[33].Value!.Pictures.Select(p => p.Content.ToArray()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_gateway_that_is_killed_in_the_middle_is_replaced_by_another_if_there_is_one(bool another)
    {
        await using var gateway = await system.StartGatewayAsync();
        Uri[] addresses = [new(gateway.GrpcAddress), .. another ? [new Uri(system.Gateway.GrpcAddress)] : (Uri[])[]];
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = addresses, Attempts = 2 });
        var requests = Enumerable.Range(0, 300).Select(i => new RotationRequest(Person.In(Photo(i % 20)), [Pose.At(30)]) { Id = $"{i}" });
        var ids = new List<string>();
        async Task RunAsync()
        {
            await foreach (var result in client.RotateManyAsync(requests.ToAsyncEnumerable(), Cancel))
            {
                Assert.True(result.Succeeded, result.Error?.Message);
                ids.Add(result.Id);
                if (ids.Count == 40)
                {
                    await gateway.DisposeAsync();
                }
            }
        }
        if (another)
        {
            await RunAsync();
            Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), ids);
        }
        else
        {
            var e = await Assert.ThrowsAsync<IpGanException>(RunAsync);
            Assert.Equal(StatusCode.Unavailable, e.Status);
            Assert.Equal(Enumerable.Range(0, ids.Count).Select(i => $"{i}"), ids);
        }
    }

    [Fact]
    public async Task Single_calls_do_not_notice_that_one_of_two_gateways_is_killed()
    {
        await using var gateway = await system.StartGatewayAsync();
        using var client = new IpGanClient(new IpGanClientOptions { Addresses = [new(gateway.GrpcAddress), new(system.Gateway.GrpcAddress)] });
        var answers = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async caller =>
        {
            for (var i = 0; i < 60; i++)
            {
                var rotation = await client.RotateAsync(new RotationRequest(Person.In(Photo(i % 20)), [Pose.At(30)]), cancel: Cancel);
                Assert.Single(rotation.Pictures);
                if (Interlocked.Increment(ref answers) == 80)
                {
                    await gateway.DisposeAsync();
                }
            }
        }));
        Assert.Equal(240, answers);
    }

    [Fact]
    public async Task New_people_are_the_same_for_the_same_seed()
    {
        var people = await _client.SampleAsync(3, seed: 5, cancel: Cancel);
        Assert.Equal(3, people.Distinct().Count());
        Assert.Equal(people, await _client.SampleAsync(3, seed: 5, cancel: Cancel));
        Assert.NotEqual(people, await _client.SampleAsync(3, seed: 6, cancel: Cancel));
    }

    [Fact]
    public async Task Models_are_listed_watched_and_chosen()
    {
        var models = await _client.ListModelsAsync(Cancel);
        Assert.Equal(["generator", "identity-encoder", "pose-encoder"], models.Services.Select(s => s.Role).Order());
        Assert.Equal("1", Generator(await _client.SetVersionAsync("generator", "1", cancel: Cancel)).PinnedVersion);
        await foreach (var snapshot in _client.WatchModelsAsync(Cancel))
        {
            if (Generator(snapshot).PinnedVersion == "1")
            {
                break;
            }
        }
        Assert.Equal("", Generator(await _client.SetVersionAsync("generator", "", cancel: Cancel)).PinnedVersion);
        var e = await Assert.ThrowsAsync<IpGanException>(() => _client.SetVersionAsync("generator", "99", cancel: Cancel));
        Assert.Equal(StatusCode.NotFound, e.Status);
    }

    private static ServiceInfo Generator(ModelsSnapshot models) => models.Services.Single(s => s.Role == "generator");
}
