using Grpc.Core;
using IpGan.Models;
using IpGan.V1;
using static IpGan.Generator.Tests.GeneratorFixture;

namespace IpGan.Generator.Tests;

public sealed class GenerateTests(GeneratorFixture service)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", 1)]
    [InlineData("1", 7)]
    [InlineData("2", 64)]
    public async Task Every_pose_gets_the_picture_that_the_version_draws(string version, int poses)
    {
        var request = Request(3, [.. Enumerable.Range(0, poses)]);
        (request.ModelVersion, request.Id) = (version, "any id");

        var response = await service.Client.GenerateAsync(request, cancellationToken: Cancel);

        var answered = version.Length == 0 ? "2" : version;
        Assert.Equal((answered, "any id", poses), (response.ModelVersion, response.Id, response.Images.Count));
        for (var pose = 0; pose < poses; pose++)
        {
            Assert.Equal((ImageFormat.Png, 16), (response.Images[pose].Format, response.Images[pose].Size));
            AssertSame(Drawn(service.Answers(answered), 3, pose), Pixels(response.Images[pose]));
        }
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg, Imaging.PictureFormat.Jpeg)]
    [InlineData(ImageFormat.Webp, Imaging.PictureFormat.Webp)]
    public async Task Lossy_picture_shows_the_same(ImageFormat format, Imaging.PictureFormat encoded)
    {
        var request = Request(3, 1);
        request.Format = format;

        var image = (await service.Client.GenerateAsync(request, cancellationToken: Cancel)).Images.Single();

        Assert.Equal(format, image.Format);
        Assert.Equal(encoded, Imaging.PictureDecoder.ReadInfo(image.Content.Memory).Format);
        // Weights are random, and so are pixels, which lossy encodings do not keep; their mean it does.
        var (drawn, shown) = (Drawn(service.Answers("2"), 3, 1), Pixels(image));
        Assert.Equal(drawn.Average(b => b), shown.Average(b => b), 4.0);
    }

    [Fact]
    public async Task Identity_of_another_length_than_one_is_normalised()
    {
        var request = Request(3, 1);
        request.Identity = Identity([.. Person(3).Select(v => 250 * v)]);

        var response = await service.Client.GenerateAsync(request, cancellationToken: Cancel);

        AssertSame(Drawn(service.Answers("2"), 3, 1), Pixels(response.Images.Single()));
    }

    [Fact]
    public async Task Vector_of_another_space_is_refused_and_both_sides_are_named()
    {
        var request = Request(1, 1);
        request.Identity = Identity(Person(1), "0000000d");
        await RefusedAsync(request, StatusCode.FailedPrecondition, "identity is", TinyPackages.IdentitySpace("0000000d"), TinyPackages.IdentitySpace(Space));

        request = Request(1, 1, 2);
        request.Poses.Add(PoseOf(Pose(1), "0000000d"));
        await RefusedAsync(request, StatusCode.FailedPrecondition, "poses[2]", TinyPackages.PoseSpace("0000000d"), TinyPackages.PoseSpace(Space));

        request = Request(1, 1);
        request.Identity.Space = "";
        await RefusedAsync(request, StatusCode.FailedPrecondition, "identity names no space", TinyPackages.IdentitySpace(Space));

        request = Request(1);
        request.Poses.Add(Identity(Person(1)));
        await RefusedAsync(request, StatusCode.FailedPrecondition, "poses[0]", TinyPackages.IdentitySpace(Space), TinyPackages.PoseSpace(Space));
    }

    [Fact]
    public async Task Vector_of_the_wrong_length_is_refused()
    {
        var request = Request(1, 1);
        request.Identity.Values.Add(0);
        await RefusedAsync(request, StatusCode.InvalidArgument, "identity has 9 values", "has 8");

        request = Request(1, 1, 2);
        request.Poses[1].Values.RemoveAt(0);
        await RefusedAsync(request, StatusCode.InvalidArgument, "poses[1] has 3 values", "has 4");

        request = Request(1, 1);
        request.Identity = null;
        await RefusedAsync(request, StatusCode.InvalidArgument, "identity is missing", TinyPackages.IdentitySpace(Space));
        request = Request(1, 1);
        request.Poses[0].Values.Clear();
        await RefusedAsync(request, StatusCode.InvalidArgument, "poses[0] is missing");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public async Task Value_that_is_not_finite_is_refused_and_named(float value)
    {
        var request = Request(1, 1);
        request.Identity.Values[3] = value;
        await RefusedAsync(request, StatusCode.InvalidArgument, "identity.values[3]", "finite");

        request = Request(1, 1, 2);
        request.Poses[1].Values[0] = value;
        await RefusedAsync(request, StatusCode.InvalidArgument, "poses[1].values[0]", "finite");
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-30f)]
    [InlineData(1e38f)]
    public async Task Identity_without_a_direction_is_refused(float value)
    {
        var request = Request(1, 1);
        request.Identity = Identity([.. Enumerable.Repeat(value, TinyPackages.IdentityDimension)]);
        await RefusedAsync(request, StatusCode.InvalidArgument, "identity has length");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public async Task No_poses_or_too_many_are_refused(int poses) =>
        await RefusedAsync(Request(1, [.. Enumerable.Range(0, poses)]), StatusCode.InvalidArgument, $"There are {poses} poses", "1 to 64");

    [Fact]
    public async Task Picture_of_another_size_is_resampled()
    {
        var request = Request(3, 1);
        (request.Size, request.Format) = (80, ImageFormat.Png);

        var image = (await service.Client.GenerateAsync(request, cancellationToken: Cancel)).Images.Single();

        Assert.Equal(80, image.Size);
        Assert.Equal(new Imaging.PictureInfo(Imaging.PictureFormat.Png, 80, 80), Imaging.PictureDecoder.ReadInfo(image.Content.Memory));
        Assert.Equal(Drawn(service.Answers("2"), 3, 1).Average(b => b), Pixels(image).Average(b => b), 4.0);
    }

    [Fact]
    public async Task Size_and_quality_outside_their_ranges_are_refused()
    {
        var request = Request(1, 1);
        request.Size = 15;
        await RefusedAsync(request, StatusCode.InvalidArgument, "size is 15; it must be 16 to 1024");
        request = Request(1, 1);
        request.Quality = 101;
        await RefusedAsync(request, StatusCode.InvalidArgument, "quality is 101; it must be 1 to 100");
    }

    [Fact]
    public async Task Format_that_does_not_exist_is_refused()
    {
        var request = Request(1, 1);
        request.Format = (ImageFormat)9;
        await RefusedAsync(request, StatusCode.InvalidArgument, "format is 9");
    }

    [Fact]
    public async Task Version_that_is_not_loaded_is_not_found()
    {
        var request = Request(1, 1);
        request.ModelVersion = "9";
        await RefusedAsync(request, StatusCode.NotFound, "'9'", "1, 2");
    }

    [Fact]
    public async Task Message_above_the_limit_is_refused()
    {
        var request = Request(1, 1);
        request.Id = new string('x', 25 << 20);
        await RefusedAsync(request, StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Bad_request_in_a_stream_gets_its_error_in_its_place_and_the_stream_goes_on()
    {
        using var call = service.Client.GenerateStream(cancellationToken: Cancel);
        for (var i = 0; i < 20; i++)
        {
            var request = Request(i, i % 5 == 2 ? [] : [i, i + 1, i + 2, i + 3, i + 4]);
            request.Id = $"{i}";
            request.Identity.Space = i % 5 == 4 ? "elsewhere" : request.Identity.Space;
            await call.RequestStream.WriteAsync(request, Cancel);
        }
        await call.RequestStream.CompleteAsync();

        var responses = await call.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), responses.Select(r => r.Id));
        for (var i = 0; i < 20; i++)
        {
            if (i % 5 is 2 or 4)
            {
                Assert.Equal((int)(i % 5 == 2 ? StatusCode.InvalidArgument : StatusCode.FailedPrecondition), responses[i].Error.Code);
                Assert.Empty(responses[i].Images);
            }
            else
            {
                Assert.Null(responses[i].Error);
                Assert.Equal(5, responses[i].Images.Count);
                AssertSame(Drawn(service.Answers("2"), i, i + 4), Pixels(responses[i].Images[4]));
            }
        }
    }

    private async Task RefusedAsync(GenerateRequest request, StatusCode status, params string[] words)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => service.Client.GenerateAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal((status, error.Status.Detail), (error.StatusCode, error.Status.Detail));
        Assert.All(words, word => Assert.Contains(word, error.Status.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_count_for_the_bytes_in_flight()
    {
        using var root = new TemporaryFolder();
        // Weights that take their time.
        TinyPackages.Publish(root.Path, ModelRole.Generator, Space, seed: 1, ballast: 32 << 20);
        var settings = new Dictionary<string, string>(HostOfTwoVersions.Settings(root)) { ["Models:Workers"] = "1", ["Models:MaxMessageBytes"] = $"{1 << 20}", ["Models:MaxBytesInFlight"] = $"{1 << 20}" };
        await using var host = await HostProcess.StartAsync(Project, settings, cancel: Cancel);
        var client = new V1.Generator.GeneratorClient(host.Channel);
        var request = Request(3, 0, 1, 2, 3, 4);
        request.Id = new string('7', 600_000);
        var refused = 0;

        for (var tries = 0; refused == 0 && tries < 20; tries++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
            {
                try
                {
                    await client.GenerateAsync(request, cancellationToken: Cancel);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
                {
                    Interlocked.Increment(ref refused);
                }
            }));
        }
        Assert.True(refused > 0, "None of them was refused.");
    }
}
