using Google.Protobuf;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.V1;
using FacePlace = IpGan.V1.FacePlace;

namespace IpGan.EndToEnd.Tests;

/// <summary>The packages in models/ and models-clean/, behind the real services and the gateway.</summary>
public sealed class ShippedModelsTests(ShippedModelsTests.ShippedCluster cluster) : IClassFixture<ShippedModelsTests.ShippedCluster>
{
    private static readonly float[] Yaws = [-60, -30, 0, 30, 60];

    public sealed class ShippedCluster : IAsyncLifetime
    {
        private Cluster? _cluster;

        public HostProcess Gateway => _cluster!.Gateway;

        public async ValueTask InitializeAsync() => _cluster = await Cluster.StartAsync(Checkout.Models, TestContext.Current.CancellationToken);

        public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<RotateResponse> RotateAsync(HostProcess gateway, RotationSource source, params RotationTarget[] targets) =>
        await new FaceRotation.FaceRotationClient(gateway.Channel).RotateAsync(
            new RotateRequest { Source = source, Targets = { targets } }, cancellationToken: Cancel);

    private static RotationTarget[] Turned() => [.. Yaws.Select(yaw => new RotationTarget { Angles = new Angles { Yaw = yaw } })];

    /// <summary>The head's yaw in pictures that were drawn, as the shipped pose encoder sees it.</summary>
    private static async Task<float[]> YawsOfAsync(HostProcess gateway, IEnumerable<RotatedImage> images)
    {
        var encoder = new PoseEncoder.PoseEncoderClient(gateway.Channel);
        var answers = await Task.WhenAll(images.Select(i =>
            encoder.EmbedAsync(new EmbedRequest { Image = new Image { Content = i.Content, Cropped = true } }, cancellationToken: Cancel).ResponseAsync));
        return [.. answers.Select(a => a.Angles.Yaw)];
    }

    private static async Task<Image> PhotoAsync(string name, (float X, float Y) sellion, (float X, float Y) mouth, float yaw) => new()
    {
        Content = ByteString.CopyFrom(await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder("photos"), name), Cancel)),
        Face = new FacePlace { Sellion = new Point { X = sellion.X, Y = sellion.Y }, Mouth = new Point { X = mouth.X, Y = mouth.Y }, Yaw = yaw },
    };

    private static void AssertTurns(float[] yaws)
    {
        // How well is for the evaluation to say; here the head must turn with the target, and far.
        Assert.Equal(yaws.Order(), yaws);
        Assert.True(yaws[^1] - yaws[0] > 40, $"The head turns from {yaws[0]}° to {yaws[^1]}° only.");
    }

    [Theory]
    [InlineData("models", "research", "CC0")]
    [InlineData("models-clean", "CC0", "research")]
    public void They_are_complete_and_small_and_say_what_they_may_be_used_for(string folder, string said, string unsaid)
    {
        var repository = new ModelRepository(Path.Combine(Checkout.Root, folder));
        var packages = ModelRoles.Rotation.Select(role => ModelPackage.Open(repository.Folder(role, repository.Versions(role)[0]))).ToList();
        Assert.Equal(packages[0].Manifest.IdentitySpace, packages[2].Manifest.IdentitySpace);
        Assert.Equal(packages[1].Manifest.PoseSpace, packages[2].Manifest.PoseSpace);
        Assert.All(packages, p => Assert.Equal(CropRule.Id, p.Manifest.CropRule));
        Assert.True(packages.Sum(p => p.Manifest.Files.Sum(f => f.Size)) < 30 << 20);
        Assert.All(packages, p =>
        {
            var card = File.ReadAllText(Path.Combine(p.Folder, ModelPackage.CardFile));
            Assert.Contains(said, card, StringComparison.Ordinal);
            Assert.DoesNotContain(unsaid, card, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task The_clean_ones_turn_heads_too()
    {
        await using var clean = await Cluster.StartAsync(Checkout.CleanModels, Cancel);
        AssertTurns(await MeanYawsAsync(clean.Gateway));
    }

    [Fact]
    public async Task New_people_turn_their_heads_as_asked() => AssertTurns(await MeanYawsAsync(cluster.Gateway));

    private static async Task<float[]> MeanYawsAsync(HostProcess gateway)
    {
        var people = await new Generator.GeneratorClient(gateway.Channel).SampleIdentityAsync(
            new SampleIdentityRequest { Count = 8, Seed = 1 }, cancellationToken: Cancel);
        var yaws = await Task.WhenAll(people.Identities.Select(async person =>
            await YawsOfAsync(gateway, (await RotateAsync(gateway, new RotationSource { Identity = person }, Turned())).Images)));
        return [.. Yaws.Select((_, i) => yaws.Average(y => y[i]))];
    }

    [Fact]
    public async Task A_photo_turns_as_asked_and_as_a_reference_photo_shows()
    {
        // Where the faces are was read off the photos by eye.
        var source = await PhotoAsync("stock-emotions-a-1.jpg", (469, 388), (465, 628), yaw: 0);
        var reference = await PhotoAsync("ai-upper.jpg", (334, 168), (317, 257), yaw: 30);
        var response = await RotateAsync(cluster.Gateway, new RotationSource { Image = source }, [.. Turned(), new RotationTarget { Image = reference }]);
        Assert.All(response.Images, i => Assert.Equal(128, i.Size));
        var yaws = await YawsOfAsync(cluster.Gateway, response.Images);
        AssertTurns(yaws[..^1]);
        var shown = await new PoseEncoder.PoseEncoderClient(cluster.Gateway.Channel).EmbedAsync(new EmbedRequest { Image = reference }, cancellationToken: Cancel);
        Assert.InRange(shown.Angles.Yaw, 15, 60);
        Assert.Equal(shown.Angles.Yaw, yaws[^1], 15f);
    }
}
