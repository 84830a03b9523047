using IpGan.Models;
using IpGan.V1;

namespace IpGan.EndToEnd.Tests;

/// <summary>A disk that is full, and a repository that is away, while a service answers.</summary>
public sealed class DiskTests
{
    private const string Space = "0a0a0a0a";
    private const ModelRole Role = ModelRole.IdentityEncoder;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Dictionary<string, string> Settings(string repository) =>
        new() { ["Models:Repository"] = repository, ["Models:PollInterval"] = "00:00:00.100" };

    private static async Task<string> AskAsync(HostProcess host)
    {
        var request = new EmbedRequest { Image = new Image { Content = Google.Protobuf.ByteString.CopyFrom(Pictures.Square(1)) } };
        return (await new IdentityEncoder.IdentityEncoderClient(host.Channel).EmbedAsync(request, cancellationToken: Cancel)).Embedding.ModelVersion;
    }

    private static async Task<ServiceInfo> ListAsync(HostProcess host) =>
        (await new ModelControl.ModelControlClient(host.Channel).ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancel)).Services[0];

    private static Task UntilAsync(HostProcess host, string what, Func<ServiceInfo, bool> condition) =>
        host.PollAsync(what, async () => condition(await ListAsync(host)), Cancel);

    private static string Text(ServiceInfo service) => string.Join(", ", service.Models.Select(m => $"{m.Version} {m.State}"));

    [Fact]
    public async Task A_copy_that_a_full_disk_cut_short_is_incomplete_and_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.TryMount(megabytes: 4);
        if (disk is null)
        {
            Assert.Skip("Mounting a disk to fill is not permitted here.");
        }
        using var elsewhere = new TemporaryFolder();
        TinyPackages.Publish(disk.Path, Role, Space, seed: 1);
        TinyPackages.Publish(elsewhere.Path, Role, Space, seed: 1);
        TinyPackages.Publish(elsewhere.Path, Role, Space, seed: 2, ballast: 1 << 20);
        await using var host = await HostProcess.StartAsync("IpGan.IdentityEncoder", Settings(disk.Path), cancel: Cancel);

        // As a copying program does it: the manifest comes, then the disk is full.
        var (source, target) = (new ModelRepository(elsewhere.Path).Folder(Role, 2), new ModelRepository(disk.Path).Folder(Role, 2));
        Directory.CreateDirectory(Path.Combine(target, "golden"));
        File.Copy(Path.Combine(source, Manifest.FileName), Path.Combine(target, Manifest.FileName));
        var filler = disk.Fill();
        Assert.ThrowsAny<IOException>(() => File.Copy(Path.Combine(source, ModelPackage.ModelFile), Path.Combine(target, ModelPackage.ModelFile)));
        await UntilAsync(host, "see the broken copy", s => Text(s) == "2 Incomplete, 1 Ready");
        Assert.Equal("1", await AskAsync(host));

        // A choice cannot be written, and holds all the same.
        var chosen = await new ModelControl.ModelControlClient(host.Channel).SetVersionAsync(new SetVersionRequest { Version = "1" }, cancellationToken: Cancel);
        Assert.Equal("1", chosen.Services[0].PinnedVersion);
        await host.WaitForLogAsync("cannot be kept in the repository", Cancel);
        await new ModelControl.ModelControlClient(host.Channel).SetVersionAsync(new SetVersionRequest(), cancellationToken: Cancel);

        File.Delete(filler);
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(target, Path.GetRelativePath(source, file)), overwrite: true);
        }
        await UntilAsync(host, "load the whole copy", s => Text(s) == "2 Ready, 1 Ready");
        Assert.Equal("2", await AskAsync(host));
    }

    [Fact]
    public async Task A_repository_that_is_away_leaves_the_loaded_version_serving_and_is_followed_again_when_it_is_back()
    {
        using var root = new TemporaryFolder();
        var (repository, away) = (Path.Combine(root.Path, "models"), Path.Combine(root.Path, "away"));
        TinyPackages.Publish(repository, Role, Space, seed: 1);
        await using var host = await HostProcess.StartAsync("IpGan.IdentityEncoder", Settings(repository), cancel: Cancel);

        Directory.Move(repository, away);
        await UntilAsync(host, "notice", s => s.Models[0].Problem.Contains("folder is gone", StringComparison.Ordinal));
        Assert.Equal("1", await AskAsync(host));

        TinyPackages.Publish(away, Role, Space, seed: 2);
        Directory.Move(away, repository);
        await UntilAsync(host, "load what came meanwhile", s => Text(s) == "2 Ready, 1 Ready" && s.Models.All(m => m.Problem.Length == 0));
        Assert.Equal("2", await AskAsync(host));
    }
}
