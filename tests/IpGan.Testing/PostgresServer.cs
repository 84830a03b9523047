using System.Diagnostics;

namespace IpGan.Testing;

/// <summary>PostgreSQL with pgvector as a process on loopback (npm's PGlite: the real server's code, compiled to WebAssembly), empty and in memory.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Process _process;

    private PostgresServer(TemporaryFolder folder, Process process, string port) =>
        (_folder, _process, Address) = (folder, process, $"postgres://postgres:postgres@127.0.0.1:{port}/postgres?SSL%20Mode=Disable");

    /// <summary>As a URL.</summary>
    public string Address { get; }

    /// <summary>Fetches the server from npm's registry and starts it; skips the test where that is not possible.</summary>
    public static async Task<PostgresServer> StartAsync(CancellationToken cancel)
    {
        var folder = await NodePackages.InstallAsync("PostgresServer", cancel);
        try
        {
            var (process, port) = await NodePackages.ServeAsync(folder, ["server.mjs"], "listening on ", cancel);
            return new PostgresServer(folder, process, port);
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
}
