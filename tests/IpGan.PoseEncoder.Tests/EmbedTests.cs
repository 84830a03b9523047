using Grpc.Core;
using IpGan.V1;
using static IpGan.PoseEncoder.Tests.PoseEncoderFixture;
using static IpGan.Testing.HostOfTwoVersions;

namespace IpGan.PoseEncoder.Tests;

public sealed class EmbedTests(PoseEncoderFixture service)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "2")]
    [InlineData("1", "1")]
    public async Task Photo_gets_the_pose_and_the_angles_that_the_version_computes(string version, string answered)
    {
        var photo = Pictures.Square(5, 80);

        var response = await service.Client.EmbedAsync(Request(photo, version, "x"), cancellationToken: Cancel);

        var expected = service.Answers(answered).Embed(photo);
        Assert.Equal(expected[0], response.Embedding.Values);
        Assert.Equal((expected[1][0], expected[1][1], expected[1][2]), (response.Angles.Yaw, response.Angles.Pitch, response.Angles.Roll));
        Assert.Equal((answered, TinyPackages.PoseSpace(Space)), (response.Embedding.ModelVersion, response.Embedding.Space));
        Assert.Equal(("x", CropSource.Assumed), (response.Id, response.Crop));
        Assert.Null(response.Reach);
    }

    [Fact]
    public async Task Picture_that_cannot_be_used_is_refused_with_what_is_wrong()
    {
        foreach (var (content, message) in Pictures.Unusable())
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => service.Client.EmbedAsync(Request(content), cancellationToken: Cancel).ResponseAsync);
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
            Assert.Contains(message, error.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Version_that_is_not_loaded_is_not_found()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            service.Client.EmbedAsync(Request(Pictures.Square(1), "9"), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains("1, 2", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_above_the_limit_is_refused()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            service.Client.EmbedAsync(Request(new byte[25 << 20]), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact]
    public async Task Bad_photo_in_a_stream_gets_its_error_in_its_place_and_the_stream_goes_on()
    {
        using var call = service.Client.EmbedStream(cancellationToken: Cancel);
        for (var i = 0; i < 12; i++)
        {
            await call.RequestStream.WriteAsync(Request(i % 4 == 1 ? [] : Pictures.Square(i), id: $"{i}"), Cancel);
        }
        await call.RequestStream.CompleteAsync();

        var responses = await call.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);

        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"{i}"), responses.Select(r => r.Id));
        for (var i = 0; i < 12; i++)
        {
            if (i % 4 == 1)
            {
                Assert.Equal((int)StatusCode.InvalidArgument, responses[i].Error.Code);
                Assert.Contains("empty", responses[i].Error.Message, StringComparison.Ordinal);
                Assert.Null(responses[i].Embedding);
            }
            else
            {
                Assert.Equal(service.Answers("2").Embed(Pictures.Square(i))[0], responses[i].Embedding.Values);
            }
        }
    }

    [Fact]
    public async Task Versions_are_swapped_under_traffic_and_no_request_fails()
    {
        using var root = new TemporaryFolder();
        var answers = new System.Collections.Concurrent.ConcurrentDictionary<int, PackageAnswers>();
        int Publish()
        {
            // Known before the service can know it.
            var next = answers.Count + 1;
            using var elsewhere = new TemporaryFolder();
            TinyPackages.Publish(elsewhere.Path, Models.ModelRole.PoseEncoder, Space, next);
            answers[next] = PackageAnswers.Open(elsewhere.Path, Models.ModelRole.PoseEncoder, 1);
            return TinyPackages.Publish(root.Path, Models.ModelRole.PoseEncoder, Space, next);
        }
        Publish();
        await using var host = await HostProcess.StartAsync(Project, new Dictionary<string, string>(Settings(root)) { ["Models:Keep"] = "1" }, cancel: Cancel);
        var client = new V1.PoseEncoder.PoseEncoderClient(host.Channel);
        async Task<int> EmbedAsync()
        {
            var response = await client.EmbedAsync(Request(Pictures.Square(1)), cancellationToken: Cancel);
            var version = int.Parse(response.Embedding.ModelVersion, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(answers[version].Embed(Pictures.Square(1))[0], response.Embedding.Values);
            return version;
        }
        async Task<int> FromAnglesAsync()
        {
            var response = await client.FromAnglesAsync(new FromAnglesRequest { Yaw = 17, Pitch = -3, Roll = 5 }, cancellationToken: Cancel);
            var version = int.Parse(response.Embedding.ModelVersion, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(answers[version].Anchors!.Interpolate(17, -3, 5), response.Embedding.Values);
            return version;
        }

        await SwapTraffic.RunAsync([EmbedAsync, FromAnglesAsync], () => Task.FromResult(Publish()), 4, Cancel);

        Assert.DoesNotContain("fail:", host.Log, StringComparison.Ordinal);
        foreach (var opened in answers.Values)
        {
            opened.Dispose();
        }
    }
}
