namespace IpGan.Testing;

/// <summary>The whole system as real processes: three services on one model repository, and the gateway in front of them.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private readonly List<HostProcess> _hosts = [];

    /// <summary>In the order in which they were started: identity encoder, pose encoder, generators.</summary>
    public IReadOnlyList<HostProcess> Services => _hosts[..^1];

    public HostProcess Gateway => _hosts[^1];

    /// <summary>Starts all of it and waits until rotations are served.</summary>
    /// <param name="repository">Holds at least one set of packages that belong together.</param>
    /// <param name="cancel">Ends the wait, and the processes.</param>
    /// <param name="gatewaySettings">Of the gateway, beside the services' addresses.</param>
    /// <param name="generators">Replicas of the generator.</param>
    /// <param name="settings">Of all processes.</param>
    public static async Task<Cluster> StartAsync(
        string repository, CancellationToken cancel, IReadOnlyDictionary<string, string>? gatewaySettings = null, int generators = 1,
        IReadOnlyDictionary<string, string>? settings = null)
    {
        var cluster = new Cluster();
        try
        {
            Dictionary<string, string> service = new(settings ?? new Dictionary<string, string>()) { ["Models:Repository"] = repository, ["Models:PollInterval"] = "00:00:00.100" };
            string[] projects = ["IpGan.IdentityEncoder", "IpGan.PoseEncoder", .. Enumerable.Repeat("IpGan.Generator", generators)];
            var starting = projects.Select(p => HostProcess.StartAsync(p, service, cancel: cancel)).ToList();
            try
            {
                await Task.WhenAll(starting);
            }
            finally
            {
                // Where one did not start, the others did, and end with the cluster.
                foreach (var started in starting.Where(s => s.IsCompletedSuccessfully))
                    cluster._hosts.Add(await started);
            }
            Dictionary<string, string> gateway = new([.. settings ?? new Dictionary<string, string>(), .. gatewaySettings ?? new Dictionary<string, string>()])
            {
                ["Gateway:IdentityEncoders:0"] = cluster._hosts[0].GrpcAddress,
                ["Gateway:PoseEncoders:0"] = cluster._hosts[1].GrpcAddress,
            };
            for (var i = 0; i < generators; i++)
                gateway[$"Gateway:Generators:{i}"] = cluster._hosts[2 + i].GrpcAddress;
            cluster._hosts.Add(await HostProcess.StartAsync("IpGan.Gateway", gateway, cancel: cancel));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
    }
}
