using IpGan.Models;
using IpGan.Serving.Repositories;
using IpGan.Serving.Versions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace IpGan.Serving.Tests.Repositories;

public sealed class S3MirrorTests(BucketFixture bucket) : IDisposable
{
    private const ModelRole Role = ModelRole.IdentityEncoder;
    private const string Space = "0000000a";

    private readonly TemporaryFolder _origin = new();
    private readonly TemporaryFolder _cache = new();
    private readonly LogLines<S3Mirror> _log = new();
    private readonly string _prefix = $"test-{Guid.NewGuid():N}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ModelRepository Cache => new(_cache.Path);

    [Theory]
    [InlineData("s3://models", "models", "")]
    [InlineData("s3://models/", "models", "")]
    [InlineData("s3://models/a/b/", "models", "a/b/")]
    public void Place_in_a_bucket_is_read(string text, string name, string prefix) => Assert.Equal(new S3Location(name, prefix), S3Location.TryParse(text));

    [Theory]
    [InlineData("models")]
    [InlineData("/srv/s3://x")]
    [InlineData("s3://")]
    [InlineData(null)]
    public void Anything_else_is_a_folder(string? text) => Assert.Null(S3Location.TryParse(text));

    [Fact]
    public async Task Versions_are_mirrored_when_their_last_object_is_there_and_go_when_they_are_deleted()
    {
        using var client = await bucket.ClientAsync();
        using var mirror = await MirrorAsync();
        TinyPackages.Publish(_origin.Path, Role, Space, 1);
        TinyPackages.Publish(_origin.Path, Role, Space, 2);

        await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 1, Cancel);
        var files = BucketFixture.Files(_origin.Path, Role, 2);
        foreach (var path in files)
        {
            await mirror.LookAsync(Cancel);
            Assert.True(Cache.Versions(Role) is [1], $"Before {path} came: {string.Join(", ", Cache.Versions(Role))}");
            await BucketFixture.PutAsync(client, _prefix, _origin.Path, path, Cancel);
        }
        await mirror.LookAsync(Cancel);

        Assert.Equal([2, 1], Cache.Versions(Role));
        foreach (var path in files)
        {
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_origin.Path, path), Cancel), await File.ReadAllBytesAsync(Path.Combine(_cache.Path, path), Cancel));
        }
        // The manifest alone, then one more object at each look.
        Assert.Equal(files.Count - 1, _log.Count("is not complete"));

        foreach (var path in files)
        {
            await client.DeleteObjectAsync(S3Server.Bucket, $"{_prefix}/{path}", Cancel);
        }
        await mirror.LookAsync(Cancel);
        Assert.Equal([1], Cache.Versions(Role));
        // Beside the version, what its objects and the bucket's pin were.
        Assert.Equal([".bucket-1", ".bucket-pin", "1"], Directory.GetFileSystemEntries(_cache.Role(Role)).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Version_whose_objects_change_is_fetched_again_and_no_other(bool whileNobodyLooks)
    {
        using var client = await bucket.ClientAsync();
        var mirror = await MirrorAsync();
        try
        {
            TinyPackages.Publish(_origin.Path, Role, Space, 1);
            BrokenPackages.Publish(_origin.Path, Role, Breakage.WrongChecksum, Space, 2);
            await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 1, Cancel);
            await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 2, Cancel);
            await mirror.LookAsync(Cancel);
            Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(Cache.Folder(Role, 2)));

            if (whileNobodyLooks)
            {
                mirror.Dispose();
                mirror = await MirrorAsync();
            }
            Directory.Delete(new ModelRepository(_origin.Path).Folder(Role, 2), recursive: true);
            TinyPackages.Publish(_origin.Path, Role, Space, 2);
            await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 2, Cancel);
            await mirror.LookAsync(Cancel);
            await mirror.LookAsync(Cancel);

            ModelPackage.Open(Cache.Folder(Role, 2));
            Assert.Equal((1, 1, 1), (_log.Count("2 changed in the bucket"), _log.Count("2 was fetched"), _log.Count("1 was fetched")));
        }
        finally
        {
            mirror.Dispose();
        }
    }

    [Fact]
    public async Task Bucket_counts_as_looked_at_once_its_versions_are_here()
    {
        using var client = await bucket.ClientAsync();
        TinyPackages.Publish(_origin.Path, Role, Space, 1);
        await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 1, Cancel);
        using var mirror = await MirrorAsync();
        Assert.False(mirror.HasLooked);

        await mirror.StartAsync(Cancel);
        await Versions.Bench.UntilAsync(() => mirror.HasLooked);

        Assert.Equal([1], Cache.Versions(Role));
        await mirror.StopAsync(Cancel);
    }

    [Fact]
    public async Task The_pinned_version_is_fetched_first_and_the_bucket_counts_as_looked_at_before_the_rest_of_its_history()
    {
        for (var seed = 0; seed < 4; seed++)
        {
            TinyPackages.Publish(_origin.Path, Role, Space, seed);
        }
        new ModelRepository(_origin.Path).WritePin(Role, 2);
        await using var broken = await BrokenBucket.ServeAsync(_origin.Path, damaged: null, Cancel);
        using var mirror = Mirror(broken.Endpoint, keep: 2);
        var seen = new List<(string Path, IReadOnlyList<int> Here, bool Looked)>();
        broken.Asked = path => seen.Add((path, Cache.Versions(Role), mirror.HasLooked));

        await mirror.LookAsync(Cancel);

        Assert.Equal([4, 3, 2, 1], Cache.Versions(Role));
        (IReadOnlyList<int> Here, bool Looked) Before(int version) => seen.Where(s => s.Path.StartsWith($"{Role.Name()}/{version}/", StringComparison.Ordinal)).Select(s => (s.Here, s.Looked)).First();
        Assert.Equal([2], Before(4).Here);
        Assert.Equal([4, 2], Before(3).Here);
        Assert.Equal([4, 3, 2], Before(1).Here);
        Assert.Equal([false, false, false, true], new[] { 2, 4, 3, 1 }.Select(v => Before(v).Looked));
    }

    [Fact]
    public async Task Package_that_is_wrong_is_mirrored_for_the_service_to_refuse()
    {
        using var client = await bucket.ClientAsync();
        using var mirror = await MirrorAsync();
        BrokenPackages.Publish(_origin.Path, Role, Breakage.WrongChecksum, Space, 1);
        await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 1, Cancel);

        await mirror.LookAsync(Cancel);

        var error = Assert.Throws<PackageInvalidException>(() => ModelPackage.Open(Cache.Folder(Role, 1)));
        Assert.Contains(Breakage.WrongChecksum.ExpectedProblem(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Object_that_is_damaged_on_its_way_keeps_no_other_version_away()
    {
        TinyPackages.Publish(_origin.Path, Role, Space, 1);
        TinyPackages.Publish(_origin.Path, Role, Space, 2);
        await using var broken = await BrokenBucket.ServeAsync(_origin.Path, damaged: $"{Role.Name()}/2/{ModelPackage.ModelFile}", Cancel);
        using var mirror = Mirror(broken.Endpoint);

        await mirror.LookAsync(Cancel);

        Assert.Equal([1], Cache.Versions(Role));
        Assert.Equal(1, _log.Count($"{Role.Name()} 2 in the bucket cannot be fetched"));
    }

    [Fact]
    public async Task Package_that_cannot_be_read_for_a_moment_is_fetched_again_at_the_next_look()
    {
        TinyPackages.Publish(_origin.Path, Role, Space, 1);
        await using var sound = await BrokenBucket.ServeAsync(_origin.Path, damaged: null, Cancel);
        using var mirror = Mirror(sound.Endpoint);
        FileStream? held = null;
        // One of the files that came before is nobody else's to read.
        sound.Asked = path => held ??= Directory.GetDirectories(_cache.Role(Role), ".staging-*")
            .SelectMany(staging => Directory.GetFiles(staging, "*", SearchOption.AllDirectories)).Where(f => Path.GetFileName(f) != Path.GetFileName(path))
            .Select(f => new FileStream(f, FileMode.Open, FileAccess.Read, FileShare.None)).FirstOrDefault();

        await mirror.LookAsync(Cancel);
        await mirror.LookAsync(Cancel);
        Assert.Equal([1], Cache.Versions(Role));
        Assert.NotNull(held);
        Assert.Equal(1, _log.Count("cannot be fetched: The package cannot be read"));
        await held.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bucket_that_stalls_counts_as_looked_at_soon_and_is_complained_of_once(bool begins)
    {
        using var silent = new SilentBucket(begins);
        var time = new FakeTimeProvider();
        using var mirror = Mirror(silent.Endpoint, time: time);
        await mirror.StartAsync(Cancel);

        await Versions.Bench.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return mirror.HasLooked;
        });

        Assert.Equal(1, _log.Count($"The bucket '{S3Server.Bucket}' cannot be looked at"));
        await mirror.StopAsync(Cancel);
    }

    [Fact]
    public async Task Object_that_stalls_halfway_keeps_no_other_version_away()
    {
        TinyPackages.Publish(_origin.Path, Role, Space, 1);
        TinyPackages.Publish(_origin.Path, Role, Space, 2);
        await using var broken = await BrokenBucket.ServeAsync(_origin.Path, damaged: null, Cancel);
        broken.Stalled = $"{Role.Name()}/2/{ModelPackage.ModelFile}";
        var time = new FakeTimeProvider();
        using var mirror = Mirror(broken.Endpoint, time: time);
        // Time passes once it has been asked for: what comes before is on time.
        var asked = false;
        broken.Asked = path => asked |= path == broken.Stalled;

        var look = mirror.LookAsync(Cancel);
        await Versions.Bench.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(asked && Cache.Versions(Role) is [] && _log.Count("cannot be fetched") == 0 ? 1 : 0));
            return look.IsCompleted;
        });
        await look;

        Assert.Equal([1], Cache.Versions(Role));
        Assert.Equal(1, _log.Count($"{Role.Name()} 2 in the bucket cannot be fetched: The bucket said nothing"));
    }

    [Fact]
    public async Task Where_a_signature_is_required_a_version_is_taken_with_it_and_not_before()
    {
        using var client = await bucket.ClientAsync();
        using var mirror = await MirrorAsync(signed: true);
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        PackagePublisher.Publish(_origin.Path, TinyPackages.Draft(Role, Space, 1), key: key);
        var signature = BucketFixture.Files(_origin.Path, Role, 1).Single(f => f.EndsWith(PackageSignature.FileName, StringComparison.Ordinal));
        foreach (var path in BucketFixture.Files(_origin.Path, Role, 1).Where(f => f != signature))
        {
            await BucketFixture.PutAsync(client, _prefix, _origin.Path, path, Cancel);
        }
        await mirror.LookAsync(Cancel);
        Assert.Empty(Cache.Versions(Role));

        await BucketFixture.PutAsync(client, _prefix, _origin.Path, signature, Cancel);
        await mirror.LookAsync(Cancel);

        PackageSignature.Verify(ModelPackage.Open(Cache.Folder(Role, 1)), key);
    }

    [Fact]
    public async Task Keys_that_no_package_has_are_refused_unfetched_and_once()
    {
        using var client = await bucket.ClientAsync();
        using var mirror = await MirrorAsync();
        TinyPackages.Publish(_origin.Path, Role, Space, 1);
        await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 1, Cancel);
        await client.PutObjectAsync(new() { BucketName = S3Server.Bucket, Key = $"{_prefix}/{Role.Name()}/1/a b&c.txt", ContentBody = "x", UseChunkEncoding = false }, Cancel);

        await mirror.LookAsync(Cancel);
        await mirror.LookAsync(Cancel);

        Assert.Empty(Cache.Versions(Role));
        Assert.Equal(1, _log.Count("cannot be fetched: the path 'a b&c.txt'"));
    }

    [Fact]
    public async Task The_pin_in_the_bucket_is_followed_when_it_changes_and_only_then()
    {
        using var client = await bucket.ClientAsync();
        using var mirror = await MirrorAsync();
        var key = $"{_prefix}/{Role.Name()}/{ModelRepository.PinFileName}";
        Task PinAsync(string text) => client.PutObjectAsync(new() { BucketName = S3Server.Bucket, Key = key, ContentBody = text, UseChunkEncoding = false }, Cancel);
        // Before there is any version.
        await PinAsync("2\n");
        await mirror.LookAsync(Cancel);
        Assert.Equal(2, Cache.ReadPin(Role));

        // What somebody told this process holds until the bucket's changes.
        Cache.WritePin(Role, 1);
        await mirror.LookAsync(Cancel);
        Assert.Equal(1, Cache.ReadPin(Role));
        await PinAsync("3");
        await mirror.LookAsync(Cancel);
        Assert.Equal(3, Cache.ReadPin(Role));

        await PinAsync("the last one");
        await mirror.LookAsync(Cancel);
        await mirror.LookAsync(Cancel);
        Assert.Equal(3, Cache.ReadPin(Role));
        Assert.Equal(1, _log.Count("is no version"));

        await client.DeleteObjectAsync(S3Server.Bucket, key, Cancel);
        await mirror.LookAsync(Cancel);
        Assert.Null(Cache.ReadPin(Role));

        // A process that starts later on the same folder keeps what the one before it was told, or found out by a trial, unless the bucket's changed meanwhile.
        Cache.WritePin(Role, 1);
        using var later = await MirrorAsync();
        await later.LookAsync(Cancel);
        Assert.Equal(1, Cache.ReadPin(Role));
        await PinAsync("2");
        using var latest = await MirrorAsync();
        await latest.LookAsync(Cancel);
        Assert.Equal(2, Cache.ReadPin(Role));
    }

    [Fact]
    public async Task Service_on_a_bucket_serves_what_comes_and_serves_on_when_the_bucket_is_gone()
    {
        using var client = await bucket.ClientAsync();
        TinyPackages.Publish(_origin.Path, Role, Space, 1);
        TinyPackages.Publish(_origin.Path, Role, Space, 2);
        await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 1, Cancel);

        await using (var app = await ServeAsync(await EndpointAsync()))
        {
            var host = app.Services.GetRequiredService<ModelHost>();
            await Versions.Bench.UntilAsync(() => host.IsReady);
            await BucketFixture.PutAsync(client, _prefix, _origin.Path, Role, 2, Cancel);
            await Versions.Bench.UntilAsync(() => host.Describe().Models.Any(m => m is { Version: "2", Active: true }));
        }

        // Nobody listens on port 9 of this machine: the mirror of before serves.
        await using (var app = await ServeAsync(new Uri("http://127.0.0.1:9")))
        {
            var host = app.Services.GetRequiredService<ModelHost>();
            await Versions.Bench.UntilAsync(() => host.Describe().Models.Any(m => m is { Version: "2", Active: true }));
        }
    }

    public void Dispose()
    {
        _origin.Dispose();
        _cache.Dispose();
    }

    private async Task<Uri> EndpointAsync() => (await bucket.ServerAsync()).Endpoint;

    private async Task<S3Mirror> MirrorAsync(bool signed = false) => Mirror(await EndpointAsync(), signed);

    private S3Mirror Mirror(Uri endpoint, bool signed = false, int keep = 3, TimeProvider? time = null) => new(
        Role,
        Options.Create(new ServingOptions
        {
            Repository = $"s3://{S3Server.Bucket}/{_prefix}",
            Cache = _cache.Path,
            S3Endpoint = endpoint,
            RequireSignature = signed ? "public.pem" : null,
            Keep = keep,
        }),
        time ?? TimeProvider.System, _log);

    private async Task<WebApplication> ServeAsync(Uri endpoint)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Urls"] = "http://127.0.0.1:0",
            ["Models:Repository"] = $"s3://{S3Server.Bucket}/{_prefix}",
            ["Models:Cache"] = _cache.Path,
            ["Models:S3Endpoint"] = endpoint.ToString(),
            ["Models:PollInterval"] = "00:00:00.100",
            ["Models:Device"] = "Cpu",
        });
        builder.AddModelServing(Role);
        var app = builder.Build();
        app.MapModelServing();
        await app.StartAsync(Cancel);
        return app;
    }
}
