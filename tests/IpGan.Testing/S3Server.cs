using System.Diagnostics;

namespace IpGan.Testing;

/// <summary>An S3-speaking server as a process on loopback (npm's s3rver), with one bucket, "models".</summary>
public sealed class S3Server : IAsyncDisposable
{
    public const string Bucket = "models";

    /// <summary>The only account that it knows: both key and secret.</summary>
    public const string Account = "S3RVER";

    private readonly TemporaryFolder _folder;
    private readonly Process _process;

    private S3Server(TemporaryFolder folder, Process process, Uri endpoint) => (_folder, _process, Endpoint) = (folder, process, endpoint);

    public Uri Endpoint { get; }

    /// <summary>Fetches the server from npm's registry and starts it; skips the test where that is not possible.</summary>
    public static async Task<S3Server> StartAsync(CancellationToken cancel)
    {
        var folder = await NodePackages.InstallAsync("S3Server", cancel);
        try
        {
            var (process, endpoint) = await ServeAsync(folder, cancel);
            return new S3Server(folder, process, endpoint);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static async Task<(Process Process, Uri Endpoint)> ServeAsync(TemporaryFolder folder, CancellationToken cancel)
    {
        var (process, rest) = await NodePackages.ServeAsync(folder,
            ["node_modules/s3rver/bin/s3rver.js", "-d", folder.Path, "-a", "127.0.0.1", "-p", "0", "--silent", "--configure-bucket", Bucket],
            "S3rver listening on ", cancel);
        return (process, new Uri($"http://{rest}"));
    }
}
