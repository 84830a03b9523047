using Google.Protobuf;
using Grpc.Core;
using IpGan.Imaging;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Rotation;

public sealed class RotateTests(TinyCluster cluster) : IClassFixture<TinyCluster>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FaceRotation.FaceRotationClient Client => new(cluster.Gateway.Channel);

    private static Image Photo(int seed) => new() { Content = ByteString.CopyFrom(Pictures.Square(seed)), Cropped = true };

    private static RotateRequest Request(params RotationTarget[] targets) =>
        new() { Source = new RotationSource { Image = Photo(1) }, Targets = { targets }, Id = "one" };

    private static RotationTarget Yaw(float yaw) => new() { Angles = new Angles { Yaw = yaw } };

    private async Task<Status> FailureAsync(RotateRequest request) =>
        (await Assert.ThrowsAsync<RpcException>(() => Client.RotateAsync(request, cancellationToken: Cancel).ResponseAsync)).Status;

    [Fact]
    public async Task A_photo_is_drawn_in_the_poses_of_a_photo_of_angles_and_of_a_vector()
    {
        var given = new Embedding { Values = { 0.1f, -0.2f, 0.3f, 0.4f }, Space = TinyPackages.PoseSpace(TinyCluster.SpaceId) };
        var response = await Client.RotateAsync(
            Request(new RotationTarget { Image = Photo(2) }, Yaw(15), new RotationTarget { Pose = given }), cancellationToken: Cancel);

        Assert.Equal("one", response.Id);
        Assert.Equal(new ModelTriple { IdentityEncoder = "1", PoseEncoder = "1", Generator = "1" }, response.Models);
        Assert.Equal(TinyPackages.IdentitySpace(TinyCluster.SpaceId), response.Identity.Space);
        var identity = cluster.Identity(Pictures.Square(1));
        Vectors.AssertClose(identity, response.Identity.Values, 1e-5f);
        float[][] poses = [cluster.Pose.Embed(Pictures.Square(2))[0], cluster.Pose.Anchors!.Interpolate(15, 0, 0), [.. given.Values]];
        Assert.Equal(3, response.Images.Count);
        foreach (var (image, pose) in response.Images.Zip(poses))
        {
            Assert.Equal((16, ImageFormat.Png), (image.Size, image.Format));
            Vectors.AssertClose(pose, image.Pose.Values, 1e-5f);
            cluster.AssertDrawn(identity, pose, image.Content.Memory);
        }
    }

    [Fact]
    public async Task The_vectors_of_an_answer_are_the_source_and_target_of_the_next_and_give_the_same_picture()
    {
        var first = await Client.RotateAsync(Request(new RotationTarget { Image = Photo(3) }), cancellationToken: Cancel);
        var second = await Client.RotateAsync(new RotateRequest
        {
            Source = new RotationSource { Identity = first.Identity },
            Targets = { new RotationTarget { Pose = first.Images[0].Pose } },
        }, cancellationToken: Cancel);
        Assert.Equal(first.Images[0].Content, second.Images[0].Content);
    }

    [Fact]
    public async Task Sixty_four_targets_come_back_in_their_order()
    {
        var targets = Enumerable.Range(0, 64).Select(i => i % 3 == 0 ? new RotationTarget { Image = Photo(i) } : Yaw(i - 32)).ToArray();
        var response = await Client.RotateAsync(Request(targets), cancellationToken: Cancel);
        Assert.Equal(64, response.Images.Count);
        for (var i = 0; i < 64; i++)
        {
            var expected = i % 3 == 0 ? cluster.Pose.Embed(Pictures.Square(i))[0] : cluster.Pose.Anchors!.Interpolate(i - 32, 0, 0);
            Vectors.AssertClose(expected, response.Images[i].Pose.Values, 1e-5f);
        }
    }

    [Fact]
    public async Task A_sweep_and_presets_are_drawn_in_their_order_with_their_angles()
    {
        var response = await Client.RotateAsync(
            Request(
                new RotationTarget { Sweep = new Sweep { YawFrom = -60, YawTo = 60, Steps = 5, Pitch = 10 } },
                new RotationTarget { Preset = PosePreset.ThreeQuarterRight },
                new RotationTarget { Image = Photo(2) },
                new RotationTarget { Preset = PosePreset.Down }),
            cancellationToken: Cancel);

        Assert.Equal([0, 0, 0, 0, 0, 1, 2, 3], response.Images.Select(i => i.Target));
        var read = cluster.Pose.Embed(Pictures.Square(2))[1];
        (float Yaw, float Pitch)[] angles = [(-60, 10), (-30, 10), (0, 10), (30, 10), (60, 10), (40, 0), (read[0], read[1]), (0, -20)];
        Assert.All(angles.Zip(response.Images), p =>
        {
            Assert.Equal(p.First.Yaw, p.Second.Angles.Yaw, 1e-3f);
            Assert.Equal(p.First.Pitch, p.Second.Angles.Pitch, 1e-3f);
        });
        var identity = cluster.Identity(Pictures.Square(1));
        foreach (var i in new[] { 0, 1, 4, 5, 7 })
        {
            cluster.AssertDrawn(identity, cluster.Pose.Anchors!.Interpolate(angles[i].Yaw, angles[i].Pitch, 0), response.Images[i].Content.Memory);
        }
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Webp)]
    public async Task A_picture_has_the_format_and_size_that_were_asked_for(ImageFormat format)
    {
        var request = Request(Yaw(0));
        (request.Format, request.Size) = (format, 100);
        var image = (await Client.RotateAsync(request, cancellationToken: Cancel)).Images[0];
        Assert.Equal((format, 100), (image.Format, image.Size));
        var info = PictureDecoder.ReadInfo(image.Content.Memory);
        Assert.Equal((format.ToString(), 100, 100), (info.Format.ToString(), info.Width, info.Height));
    }

    [Fact]
    public async Task A_higher_quality_takes_more_bytes()
    {
        var request = Request(Yaw(0));
        (request.Format, request.Quality) = (ImageFormat.Jpeg, 20);
        var low = (await Client.RotateAsync(request, cancellationToken: Cancel)).Images[0].Content.Length;
        request.Quality = 95;
        Assert.True((await Client.RotateAsync(request, cancellationToken: Cancel)).Images[0].Content.Length > low);
    }

    public static TheoryData<RotateRequest, StatusCode, string> BadRequests => new()
    {
        { new RotateRequest { Targets = { Yaw(0) } }, StatusCode.InvalidArgument, "source is missing" },
        { new RotateRequest { Source = new RotationSource(), Targets = { Yaw(0) } }, StatusCode.InvalidArgument, "source is missing" },
        { Request(), StatusCode.InvalidArgument, "There are 0 targets; send 1 to 64." },
        { Request([.. Enumerable.Repeat(Yaw(0), 65)]), StatusCode.InvalidArgument, "There are 65 targets" },
        { Request(Yaw(0), new RotationTarget()), StatusCode.InvalidArgument, "targets[1] is empty" },
        { Request(Yaw(0), Yaw(85)), StatusCode.OutOfRange, "targets[1].angles: yaw 85° is out of reach" },
        { Request(Yaw(float.NaN)), StatusCode.InvalidArgument, "targets[0].angles: yaw is NaN" },
        { Request(new RotationTarget { Image = new Image { Content = ByteString.CopyFromUtf8("no picture"), Cropped = true } }),
            StatusCode.InvalidArgument, "targets[0].image: " },
        { new RotateRequest { Source = new RotationSource { Image = new Image() }, Targets = { Yaw(0) } }, StatusCode.InvalidArgument, "source.image: " },
        { new RotateRequest { Source = new RotationSource { Identity = new Embedding { Values = { 1 }, Space = "identity-ffffffff@square1+given" } },
            Targets = { Yaw(0) } }, StatusCode.FailedPrecondition, "identity-ffffffff@square1+given" },
        { new RotateRequest { Source = new RotationSource { Identity = new Embedding { Values = { 1 }, Space = TinyPackages.IdentitySpace(TinyCluster.SpaceId) } },
            Targets = { Yaw(0) } }, StatusCode.InvalidArgument, "source.identity: identity has 1 values" },
        { Request(new RotationTarget { Sweep = new Sweep { YawFrom = -30, YawTo = 30, Steps = 5 } },
                new RotationTarget { Pose = new Embedding { Values = { 1 }, Space = TinyPackages.PoseSpace(TinyCluster.SpaceId) } }),
            StatusCode.InvalidArgument, "targets[1].pose: poses[5] has 1 values" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task A_bad_request_is_told_what_is_wrong_and_where(RotateRequest request, StatusCode code, string message)
    {
        var status = await FailureAsync(request);
        Assert.Equal(code, status.StatusCode);
        Assert.Contains(message, status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_format_that_is_none_is_refused()
    {
        var request = Request(Yaw(0));
        request.Format = (ImageFormat)9;
        Assert.Contains("format is 9", (await FailureAsync(request)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_answers_in_order_and_goes_on_after_a_bad_item()
    {
        using var call = Client.RotateStream(cancellationToken: Cancel);
        for (var i = 0; i < 20; i++)
        {
            var request = Request(i == 7 ? new RotationTarget() : Yaw(i));
            request.Id = $"{i}";
            await call.RequestStream.WriteAsync(request, Cancel);
        }
        await call.RequestStream.CompleteAsync();
        var answers = await call.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), answers.Select(a => a.Id));
        Assert.All(answers.Where((_, i) => i != 7), a => Assert.Single(a.Images));
        Assert.Equal((int)StatusCode.InvalidArgument, answers[7].Error.Code);
        Assert.Contains("targets[0] is empty", answers[7].Error.Message, StringComparison.Ordinal);
        Assert.Empty(answers[7].Images);
    }
}
