using Grpc.Core;
using IpGan.Models;
using IpGan.V1;
using static IpGan.IdentityEncoder.Tests.IdentityEncoderFixture;

namespace IpGan.IdentityEncoder.Tests;

/// <summary>A face finder is a model like any other.</summary>
public sealed class FinderLifecycleTests(FinderHost host) : IClassFixture<FinderHost>
{
    private static readonly byte[] Photo = TinyFinder.Photo((1, 2, TinyFinder.Face(large: false)));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Finder_is_listed_reloaded_and_set_by_its_role_and_answers_name_its_version()
    {
        async Task<string> UsedAsync() => (await host.Client.EmbedAsync(Request(Photo), cancellationToken: Cancel)).Face.FinderVersion;

        var snapshot = await host.Models.ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel);
        Assert.Equal(["identity-encoder", "face-finder"], snapshot.Services.Select(s => s.Role));
        var model = Assert.Single(snapshot.Services[1].Models);
        Assert.Equal(("1", TinyFinder.Side, 0.5f), (model.Version, model.ImageSize, model.Finder.Threshold));
        Assert.Equal("1", await UsedAsync());

        TinyPackages.Publish(host.Repository, ModelRole.FaceFinder, Space, 2);
        await UntilFinderAsync("2");
        Assert.Equal("2", await UsedAsync());

        BrokenPackages.Publish(host.Repository, ModelRole.FaceFinder, Breakage.WrongGolden, Space, 3);
        await UntilAsync(s => s.Services[1].Models.Any(m => m.Version == "3" && m.State == ModelState.Rejected));
        Assert.Equal("2", await UsedAsync());

        await host.Models.SetVersionAsync(new SetVersionRequest { Role = "face-finder", Version = "1" }, cancellationToken: Cancel);
        Assert.Equal("1", await UsedAsync());
        var named = await host.Finder.FindFacesAsync(new FindFacesRequest { Image = Request(Photo).Image, ModelVersion = "2" }, cancellationToken: Cancel);
        Assert.Equal("2", named.FinderVersion);
        await host.Models.SetVersionAsync(new SetVersionRequest { Role = "face-finder" }, cancellationToken: Cancel);
    }

    private Task UntilFinderAsync(string version) =>
        UntilAsync(s => s.Services.Any(r => r.Role == "face-finder" && r.Models.Any(m => m.Version == version && m.Active)));

    private async Task UntilAsync(Func<ModelsSnapshot, bool> condition)
    {
        using var watch = host.Models.WatchModels(new WatchModelsRequest(), cancellationToken: Cancel);
        await foreach (var snapshot in watch.ResponseStream.ReadAllAsync(Cancel))
        {
            if (condition(snapshot))
            {
                return;
            }
        }
        throw new InvalidOperationException("The service ended the watch.");
    }
}
