using Grpc.Core;
using IpGan.Models;
using IpGan.V1;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;

namespace IpGan.IdentityEncoder.Tests;

/// <summary>A face finder that is there and cannot be used is not as good as none: without it a photo would pass for a square that was cut before.</summary>
public sealed class UnusableFinderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Breakage.WrongChecksum)]
    [InlineData(Breakage.TruncatedFile)]
    public async Task Photos_that_need_it_are_put_off_until_a_sound_one_comes(Breakage breakage)
    {
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, Space, 1);
        BrokenPackages.Publish(root.Path, ModelRole.FaceFinder, breakage, Space, 1);
        await using var host = await HostProcess.StartAsync(Project, HostOfTwoVersions.Settings(root), cancel: Cancel);
        var client = new V1.IdentityEncoder.IdentityEncoderClient(host.Channel);
        var finder = new V1.FaceFinder.FaceFinderClient(host.Channel);
        var request = Request(TinyFinder.Square());

        var refusal = await Assert.ThrowsAsync<RpcException>(() => client.EmbedAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.Contains("No face-finder is loaded yet", refusal.Status.Detail, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<RpcException>(() => finder.FindFacesAsync(new FindFacesRequest { Image = request.Image }, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        // Who says that it is cut needs no finder.
        var cropped = request.Clone();
        cropped.Image.Cropped = true;
        Assert.Equal(CropSource.Cropped, (await client.EmbedAsync(cropped, cancellationToken: Cancel)).Crop);

        TinyPackages.Publish(root.Path, ModelRole.FaceFinder, Space, 2);
        using var watch = new ModelControl.ModelControlClient(host.Channel).WatchModels(new WatchModelsRequest(), cancellationToken: Cancel);
        while (await watch.ResponseStream.MoveNext(Cancel))
        {
            if (watch.ResponseStream.Current.Services.Any(s => s.Role == "face-finder" && s.Models.Any(m => m.Active)))
            {
                break;
            }
        }
        Assert.Equal("2", (await client.EmbedAsync(request, cancellationToken: Cancel)).Face.FinderVersion);
    }
}
