using Amazon.S3;
using Amazon.S3.Model;
using IpGan.Models;
using IpGan.Serving.Tests.Repositories;

[assembly: AssemblyFixture(typeof(BucketFixture))]

namespace IpGan.Serving.Tests.Repositories;

/// <summary>A real S3-speaking server, started when the first test asks for it. Each test has a prefix of its own.</summary>
public sealed class BucketFixture : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private S3Server? _server;

    public async Task<S3Server> ServerAsync()
    {
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            // The services' own way to be told who they are.
            Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", S3Server.Account);
            Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", S3Server.Account);
            return _server ??= await S3Server.StartAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async Task<AmazonS3Client> ClientAsync()
    {
        var server = await ServerAsync();
        return new AmazonS3Client(S3Server.Account, S3Server.Account, new AmazonS3Config
        {
            ServiceURL = server.Endpoint.ToString(),
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED,
        });
    }

    /// <summary>Uploads a file of a package, in one piece: this server would keep the marks between chunks.</summary>
    public static Task PutAsync(AmazonS3Client client, string prefix, string root, string path, CancellationToken cancel) =>
        client.PutObjectAsync(new PutObjectRequest { BucketName = S3Server.Bucket, Key = $"{prefix}/{path}", FilePath = Path.Combine(root, path), UseChunkEncoding = false }, cancel);

    /// <summary>Uploads a whole version.</summary>
    public static async Task PutAsync(AmazonS3Client client, string prefix, string root, ModelRole role, int version, CancellationToken cancel)
    {
        foreach (var path in Files(root, role, version))
        {
            await PutAsync(client, prefix, root, path, cancel);
        }
    }

    /// <summary>The paths of a version's files, as keys have them, the manifest first.</summary>
    public static IReadOnlyList<string> Files(string root, ModelRole role, int version) =>
    [
        .. Directory.GetFiles(new ModelRepository(root).Folder(role, version), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f)).OrderByDescending(f => f.EndsWith(Manifest.FileName, StringComparison.Ordinal)),
    ];

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        _starting.Dispose();
    }
}
