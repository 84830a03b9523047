using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Grpc.Net.Client;
using IpGan.Models;

namespace IpGan.Benchmarks;

/// <summary>The Node server of benchmarks/peer-node as a process.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private const string Folder = "benchmarks/peer-node";
    private readonly Process _process;

    private NodePeer(Process process, int port)
    {
        _process = process;
        Channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
    }

    public GrpcChannel Channel { get; }

    /// <summary>Bytes of physical memory that it holds.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Installs its packages if they are not there, and starts it on the network of a package.</summary>
    public static async Task<NodePeer> StartAsync(ModelPackage package, CancellationToken cancel)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
        {
            // Scripts would fetch GPU libraries; those for CPUs are in the packages.
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = Folder })!;
            await npm.WaitForExitAsync(cancel);
            if (npm.ExitCode != 0)
                throw new InvalidOperationException($"npm ci failed in {Folder}; --peer false leaves the peer out.");
        }
        var common = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "CommonProtos").Value!;
        var start = new ProcessStartInfo(
            "node", ["server.mjs", package.ModelPath, package.Manifest.ImageSize.ToString(CultureInfo.InvariantCulture), Path.GetFullPath("protos"), common])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
        };
        // Its thread pool runs networks and decodes pictures: as many threads as our services have workers.
        start.Environment["UV_THREADPOOL_SIZE"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(cancel);
        return line?.Split(' ') is ["listening", "on", var port]
            ? new NodePeer(process, int.Parse(port, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"The peer said '{line}' instead of 'listening on PORT'.");
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
