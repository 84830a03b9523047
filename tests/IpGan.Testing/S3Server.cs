using System.Diagnostics;

namespace IpGan.Testing;

/// <summary>An S3-speaking server as a process on loopback (npm's s3rver), with one bucket, "models".</summary>
public sealed class S3Server : IAsyncDisposable
{
    public const string Bucket = "models";

    /// <summary>The only account that it knows: both key and secret.</summary>
    public const string Account = "S3RVER";

    private readonly TemporaryFolder _folder;
    private Process _process;

    private S3Server(TemporaryFolder folder, Process process, Uri endpoint) => (_folder, _process, Endpoint) = (folder, process, endpoint);

    public Uri Endpoint { get; }

    /// <summary>Fetches the server from npm's registry and starts it; skips the test where that is not possible.</summary>
    public static async Task<S3Server> StartAsync(CancellationToken cancel)
    {
        var folder = await NodePackages.InstallAsync("S3Server", cancel);
        try
        {
            var (process, endpoint) = await ServeAsync(folder, 0, cancel);
            return new S3Server(folder, process, endpoint);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task StopAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Starts it again, on the same port, with what it held.</summary>
    public async Task RestartAsync(CancellationToken cancel)
    {
        _process.Dispose();
        (_process, _) = await ServeAsync(_folder, Endpoint.Port, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static async Task<(Process Process, Uri Endpoint)> ServeAsync(TemporaryFolder folder, int port, CancellationToken cancel)
    {
        var (process, rest) = await NodePackages.ServeAsync(folder,
            ["node_modules/s3rver/bin/s3rver.js", "-d", folder.Path, "-a", "127.0.0.1", "-p", $"{port}", "--silent", "--configure-bucket", Bucket],
            "S3rver listening on ", cancel);
        return (process, new Uri($"http://{rest}"));
    }
}
