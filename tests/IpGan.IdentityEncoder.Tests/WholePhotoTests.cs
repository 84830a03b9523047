using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.V1;
using SkiaSharp;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;
using FaceChoice = IpGan.V1.FaceChoice;
using FaceFinder = IpGan.V1.FaceFinder;
using FaceNoteKind = IpGan.V1.FaceNoteKind;

namespace IpGan.IdentityEncoder.Tests;

/// <summary>An encoder with a face finder beside it.</summary>
public sealed class FinderHost : IAsyncLifetime
{
    private readonly TemporaryFolder _root = new();
    private HostProcess? _host;

    public PackageAnswers Answers { get; private set; } = null!;

    public string Repository => _root.Path;

    public V1.IdentityEncoder.IdentityEncoderClient Client => new(_host!.Channel);

    public FaceFinder.FaceFinderClient Finder => new(_host!.Channel);

    public ModelControl.ModelControlClient Models => new(_host!.Channel);

    public async ValueTask InitializeAsync()
    {
        TinyPackages.Publish(_root.Path, ModelRole.IdentityEncoder, Space, 1);
        TinyPackages.Publish(_root.Path, ModelRole.FaceFinder, Space, 1);
        Answers = PackageAnswers.Open(_root.Path, ModelRole.IdentityEncoder, 1);
        // Ready when the finder is there, too.
        _host = await HostProcess.StartAsync(Project, HostOfTwoVersions.Settings(_root), cancel: TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
        Answers.Dispose();
        _root.Dispose();
    }
}

/// <summary>An encoder with a face finder beside it takes whole photos.</summary>
public sealed class WholePhotoTests(FinderHost host) : IClassFixture<FinderHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly (int, int, SKColor) Left = (1, 2, TinyFinder.Face(large: false));
    private static readonly (int, int, SKColor) Middle = (4, 3, TinyFinder.Face(large: true));
    private static readonly (int, int, SKColor) Doubtful = (6, 1, TinyFinder.Doubt);

    private V1.IdentityEncoder.IdentityEncoderClient Client => host.Client;

    private FaceFinder.FaceFinderClient Finder => host.Finder;

    [Fact]
    public async Task Face_is_found_cut_and_described()
    {
        var photo = TinyFinder.Photo(4, SKEncodedImageFormat.Jpeg, Middle);
        var response = await Client.EmbedAsync(Request(photo), cancellationToken: Cancel);

        Assert.Equal(CropSource.Found, response.Crop);
        var face = response.Face;
        Assert.Equal((0, 1, "1"), (face.Index, face.Count, face.FinderVersion));
        Assert.InRange(face.Score, 0.9f, 1);
        // The middle of the cell, 24 canvas pixels from point to point, four photo pixels each.
        Assert.Equal(288, face.Place.Sellion.X, 1f);
        Assert.Equal(224 - 48, face.Place.Sellion.Y, 2f);
        Assert.Equal(224 + 48, face.Place.Mouth.Y, 2f);
        var square = CropRule.Square(Place(face));
        Assert.Equal((square.Left, square.Top, square.Side), (face.Box.Left, face.Box.Top, face.Box.Side));
        Assert.Equal(host.Answers.Embed(photo, Place(face))[0], response.Embedding.Values, (a, b) => Math.Abs(a - b) < 0.02);
        Assert.Equal(TinyPackages.IdentitySpace(Space), response.Embedding.Space);
    }

    [Theory]
    [InlineData(null, null, 1)]
    [InlineData(0, null, 0)]
    [InlineData(null, 10f, 0)]
    [InlineData(null, 100f, 1)]
    public async Task Of_several_faces_the_chosen_one_is_taken_and_a_note_says_so(int? index, float? x, int expected)
    {
        var request = Request(TinyFinder.Photo(Left, Middle));
        request.Image.Choice = index is { } i ? new FaceChoice { Index = i } : x is { } at ? new FaceChoice { Point = new Point { X = at, Y = 40 } } : null;

        var response = await Client.EmbedAsync(request, cancellationToken: Cancel);

        Assert.Equal((expected, 2), (response.Face.Index, response.Face.Count));
        Assert.Contains(response.Face.Notes, n => n.Kind == FaceNoteKind.SeveralFaces && n.Words.Contains($"number {expected}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Photo_turned_by_EXIF_is_taken_as_it_is_displayed()
    {
        // Stored lying: 512×384 pixels, displayed 384×512.
        var photo = Pictures.WithOrientation(TinyFinder.Photo(4, SKEncodedImageFormat.Jpeg, Middle), 6);
        var found = await Finder.FindFacesAsync(new FindFacesRequest { Image = Request(photo).Image }, cancellationToken: Cancel);

        Assert.Equal((384, 512), (found.Width, found.Height));
        // What was at (288, 224), with the photo's height of 384, is at (384 − 224, 288).
        var box = Assert.Single(found.Faces).Box;
        Assert.Equal(160, box.Left + box.Side / 2, 8f);
        Assert.Equal(288, box.Top + box.Side / 2, 12f);
    }

    [Fact]
    public async Task Photo_without_a_face_is_not_found_and_the_best_score_is_told_to_people_and_programs()
    {
        var request = Request(TinyFinder.Photo(Doubtful), id: "here");
        var error = await Assert.ThrowsAsync<RpcException>(() => Client.EmbedAsync(request, cancellationToken: Cancel).ResponseAsync);

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        var info = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin")).GetDetail<ErrorInfo>();
        Assert.Equal(("NO_FACE", "0.5"), (info.Reason, info.Metadata["threshold"]));
        var best = double.Parse(info.Metadata["best_score"], CultureInfo.InvariantCulture);
        Assert.InRange(best, 0.05, 0.45);
        Assert.Contains($"score is {best.ToString("0.00", CultureInfo.InvariantCulture)}", error.Status.Detail, StringComparison.Ordinal);

        using var stream = Client.EmbedStream(cancellationToken: Cancel);
        await stream.RequestStream.WriteAsync(request, Cancel);
        await stream.RequestStream.CompleteAsync();
        Assert.True(await stream.ResponseStream.MoveNext(Cancel));
        var item = stream.ResponseStream.Current;
        Assert.Equal(("here", (int)Code.NotFound, "NO_FACE"), (item.Id, item.Error.Code, item.Error.GetDetail<ErrorInfo>().Reason));
    }

    [Fact]
    public async Task All_faces_are_listed_from_left_to_right_with_their_notes()
    {
        var found = await Finder.FindFacesAsync(new FindFacesRequest { Image = Request(TinyFinder.Photo(Middle, Left, Doubtful)).Image }, cancellationToken: Cancel);

        Assert.Equal((128, 96, "1", 0.5f), (found.Width, found.Height, found.FinderVersion, found.Threshold));
        Assert.InRange(found.BestRejectedScore, 0.05f, 0.45f);
        Assert.Equal([(0, 2), (1, 2)], found.Faces.Select(f => (f.Index, f.Count)));
        Assert.True(found.Faces[0].Box.Side < found.Faces[1].Box.Side);
        Assert.All(found.Faces, f => Assert.Contains(f.Notes, n => n.Kind == FaceNoteKind.SeveralFaces));
        Assert.Empty((await Finder.FindFacesAsync(new FindFacesRequest { Image = Request(TinyFinder.Photo()).Image }, cancellationToken: Cancel)).Faces);
    }

    [Fact]
    public async Task What_the_caller_says_goes_before_what_would_be_found()
    {
        var photo = Pictures.Square(3, 96);
        var cropped = Request(photo);
        cropped.Image.Cropped = true;
        var response = await Client.EmbedAsync(cropped, cancellationToken: Cancel);
        Assert.Equal((CropSource.Cropped, null), (response.Crop, response.Face));
        Assert.Equal(host.Answers.Embed(photo)[0], response.Embedding.Values);

        cropped.Image.Choice = new FaceChoice { Index = 0 };
        await RefusedAsync(cropped, StatusCode.InvalidArgument, "one of the two");
        var missing = Request(TinyFinder.Photo(Left));
        missing.Image.Choice = new FaceChoice { Index = 1 };
        await RefusedAsync(missing, StatusCode.InvalidArgument, "its index is 0");
    }

    [Fact]
    public async Task Square_picture_that_a_face_fills_gives_the_same_vector_with_and_without_cropped()
    {
        var request = Request(TinyFinder.Square());
        var assumed = await Client.EmbedAsync(request, cancellationToken: Cancel);
        request.Image.Cropped = true;
        var cropped = await Client.EmbedAsync(request, cancellationToken: Cancel);

        Assert.Equal(CropSource.Assumed, assumed.Crop);
        Assert.Equal(1, assumed.Face.Count);
        Assert.Equal(cropped.Embedding.Values, assumed.Embedding.Values);
    }

    private static Imaging.FacePlace Place(V1.FoundFace face) =>
        new(new PicturePoint(face.Place.Sellion.X, face.Place.Sellion.Y), new PicturePoint(face.Place.Mouth.X, face.Place.Mouth.Y), face.Place.Yaw);

    private async Task RefusedAsync(EmbedRequest request, StatusCode status, string words)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => Client.EmbedAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(status, error.StatusCode);
        Assert.Contains(words, error.Status.Detail, StringComparison.Ordinal);
    }
}
