using Grpc.Core;
using IpGan.Imaging;
using IpGan.V1;
using SkiaSharp;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;

namespace IpGan.IdentityEncoder.Tests;

public sealed class EmbedTests(IdentityEncoderFixture service)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", SKEncodedImageFormat.Png)]
    [InlineData("2", SKEncodedImageFormat.Jpeg)]
    [InlineData("1", SKEncodedImageFormat.Webp)]
    public async Task Photo_gets_the_vector_that_the_version_computes(string version, SKEncodedImageFormat format)
    {
        var photo = Pictures.Square(3, 96, format);

        var response = await service.Client.EmbedAsync(Request(photo, version, "any id"), cancellationToken: Cancel);

        var answered = version.Length == 0 ? "2" : version;
        Assert.Equal(answered, response.Embedding.ModelVersion);
        Assert.Equal(TinyPackages.IdentitySpace(Space), response.Embedding.Space);
        Assert.Equal(service.Expected(answered, photo), response.Embedding.Values);
        Assert.Equal(1, response.Embedding.Values.Sum(v => v * v), 1e-5);
        Assert.Equal("any id", response.Id);
        Assert.Equal(CropSource.Assumed, response.Crop);
        Assert.Null(response.Error);
    }

    [Fact]
    public async Task Photo_that_is_said_to_be_cropped_is_only_resized()
    {
        var request = Request(Pictures.Square(4, 160));
        request.Image.Cropped = true;

        var response = await service.Client.EmbedAsync(request, cancellationToken: Cancel);

        Assert.Equal(CropSource.Cropped, response.Crop);
        Assert.Equal(service.Expected("2", Pictures.Square(4, 160)), response.Embedding.Values);
    }

    [Fact]
    public async Task Whole_photo_is_cut_where_the_caller_says_that_the_face_is()
    {
        var photo = Pictures.Photo(300, 200, SKEncodedImageFormat.Jpeg);
        var request = Request(photo);
        request.Image.Face = new V1.FacePlace { Sellion = new Point { X = 150, Y = 80 }, Mouth = new Point { X = 152, Y = 120 }, Yaw = 25 };

        var response = await service.Client.EmbedAsync(request, cancellationToken: Cancel);

        Assert.Equal(CropSource.Place, response.Crop);
        var place = new Imaging.FacePlace(new PicturePoint(150, 80), new PicturePoint(152, 120), 25);
        Assert.Equal(service.Expected("2", photo, place), response.Embedding.Values);
    }

    [Fact]
    public async Task Picture_that_cannot_be_used_is_refused_with_what_is_wrong()
    {
        foreach (var (content, message) in Pictures.Unusable())
        {
            await RefusedAsync(Request(content), StatusCode.InvalidArgument, message);
        }
    }

    [Fact]
    public async Task Request_without_an_image_is_refused() =>
        await RefusedAsync(new EmbedRequest(), StatusCode.InvalidArgument, "image is missing");

    [Fact]
    public async Task Contradictory_or_half_a_place_is_refused()
    {
        var both = Request(Pictures.Square(1));
        both.Image.Cropped = true;
        both.Image.Face = new V1.FacePlace { Sellion = new Point(), Mouth = new Point() };
        await RefusedAsync(both, StatusCode.InvalidArgument, "one of the two");

        var half = Request(Pictures.Square(1));
        half.Image.Face = new V1.FacePlace { Sellion = new Point { X = 1, Y = 1 } };
        await RefusedAsync(half, StatusCode.InvalidArgument, "sellion and mouth");
        half.Image.Face.Mouth = new Point { X = float.NaN, Y = 9 };
        await RefusedAsync(half, StatusCode.InvalidArgument, "");
        half.Image.Face.Mouth = new Point { X = 9, Y = 1000 };
        await RefusedAsync(half, StatusCode.InvalidArgument, "mouth");
    }

    [Fact]
    public async Task Without_a_face_finder_a_choice_among_faces_is_refused_with_what_to_do()
    {
        var request = Request(Pictures.Square(1));
        request.Image.Choice = new V1.FaceChoice { Index = 0 };
        await RefusedAsync(request, StatusCode.FailedPrecondition, "no face finder is loaded", "image.face");
        var error = await Assert.ThrowsAsync<RpcException>(
            () => new V1.FaceFinder.FaceFinderClient(service.Host.Channel).FindFacesAsync(new FindFacesRequest { Image = Request([1]).Image }, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("newest")]
    [InlineData("-1")]
    public async Task Version_that_is_not_loaded_is_not_found_and_the_message_names_those_that_are(string version) =>
        await RefusedAsync(Request(Pictures.Square(1), version), StatusCode.NotFound, $"'{version}'", "1, 2");

    [Fact]
    public async Task Message_above_the_limit_is_refused() =>
        await RefusedAsync(Request(new byte[25 << 20]), StatusCode.InvalidArgument, "too large: a message may have 25165824 bytes");

    [Fact]
    public async Task What_a_caller_says_comes_back_shortened()
    {
        // A header of 64 KB would end the whole connection, with the calls of others on it.
        var error = await Assert.ThrowsAsync<RpcException>(() => service.Client.EmbedAsync(Request(Pictures.Square(1), new string('é', 70_000)), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.InRange(error.Status.Detail.Length, 900, 1100);
        Assert.StartsWith("Version 'éé", error.Status.Detail, StringComparison.Ordinal);
        Assert.EndsWith("loaded are 1, 2.", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_photo_in_a_stream_gets_its_error_in_its_place_and_the_stream_goes_on()
    {
        using var call = service.Client.EmbedStream(cancellationToken: Cancel);
        var requests = new List<EmbedRequest>();
        for (var i = 0; i < 60; i++)
        {
            requests.Add((i % 10) switch
            {
                3 => Request("no picture"u8.ToArray(), id: $"{i}"),
                7 => Request(Pictures.Square(i), "99", $"{i}"),
                _ => Request(Pictures.Square(i), i % 2 == 0 ? "1" : "", $"{i}"),
            });
        }
        var writing = Task.Run(
            async () =>
            {
                foreach (var request in requests)
                {
                    await call.RequestStream.WriteAsync(request, Cancel);
                }
                await call.RequestStream.CompleteAsync();
            },
            Cancel);

        var answered = 0;
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancel))
        {
            Assert.Equal($"{answered}", response.Id);
            if (answered % 10 is 3 or 7)
            {
                Assert.Null(response.Embedding);
                Assert.NotNull(response.Error);
                Assert.Equal((int)(answered % 10 == 3 ? StatusCode.InvalidArgument : StatusCode.NotFound), response.Error.Code);
                Assert.NotEmpty(response.Error.Message);
            }
            else
            {
                Assert.Null(response.Error);
                Assert.NotNull(response.Embedding);
                Assert.Equal(answered % 2 == 0 ? "1" : "2", response.Embedding.ModelVersion);
                Assert.Equal(service.Expected(response.Embedding.ModelVersion, Pictures.Square(answered)), response.Embedding.Values);
            }
            answered++;
        }
        await writing;
        Assert.Equal(60, answered);
    }

    [Fact]
    public async Task Message_above_the_limit_ends_a_stream()
    {
        using var call = service.Client.EmbedStream(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(Request(Pictures.Square(1), id: "first"), Cancel);
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        Assert.Equal("first", call.ResponseStream.Current.Id);

        // Refused by its length, which is sent first: whether the rest can still be written is a matter of time.
        var writing = call.RequestStream.WriteAsync(Request(new byte[25 << 20]), Cancel);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancel));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    private async Task RefusedAsync(EmbedRequest request, StatusCode status, params string[] words)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => service.Client.EmbedAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal((status, error.Status.Detail), (error.StatusCode, error.Status.Detail));
        Assert.All(words, word => Assert.Contains(word, error.Status.Detail, StringComparison.Ordinal));
    }
}
