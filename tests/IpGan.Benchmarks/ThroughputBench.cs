namespace IpGan.Benchmarks;

/// <summary>Closed loops of 1, 2, 8 and 32 clients.</summary>
internal static class ThroughputBench
{
    private static readonly int[] Clients = [1, 2, 8, 32];

    public static async Task<IReadOnlyList<ThroughputLine>> RunAsync(SystemUnderTest system, TimeSpan time, CancellationToken cancel)
    {
        var lines = new List<ThroughputLine>();
        async Task<Load> MeasureAsync(string work, int clients, Func<Task> request, Load? bare, Func<long>? memory)
        {
            cancel.ThrowIfCancellationRequested();
            var load = await ClosedLoop.RunAsync(clients, time, request);
            lines.Add(new ThroughputLine(work, clients, load, load.PerSecond / bare?.PerSecond, memory?.Invoke() >> 20));
            return load;
        }
        var cores = Environment.ProcessorCount;
        // This process compiles its hot paths in its first seconds.
        await ClosedLoop.RunAsync(cores, time, system.RotateBare);
        var embed = await MeasureAsync("embed, bare", cores, system.EmbedBare, null, null);
        var rotate = await MeasureAsync("rotate, bare", cores, system.RotateBare, null, null);
        await MeasureAsync("rotate, bare", 1, system.RotateBare, rotate, null);
        foreach (var clients in Clients)
        {
            await MeasureAsync("embed, service", clients, system.EmbedService, embed, () => system.Cluster.Services[0].ResidentBytes);
            if (system.EmbedPeer is { } peer)
                await MeasureAsync("embed, Node", clients, peer, embed, () => system.Peer!.ResidentBytes);
            await MeasureAsync("embed, gateway", clients, system.EmbedGateway, embed, () => system.Cluster.Gateway.ResidentBytes);
            await MeasureAsync("rotate, gateway", clients, system.RotateGateway, rotate, () => system.Cluster.Services.Append(system.Cluster.Gateway).Sum(s => s.ResidentBytes));
        }
        return lines;
    }
}
