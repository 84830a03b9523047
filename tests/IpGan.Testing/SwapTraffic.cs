namespace IpGan.Testing;

/// <summary>Clients that ask all the time while versions are swapped.</summary>
public static class SwapTraffic
{
    /// <summary>
    /// Every caller asks again and again while new versions are published one after another, each as soon as all callers were answered by the
    /// one before. No call may fail, and no caller may be answered by a version older than one that answered him before.
    /// </summary>
    /// <param name="callers">Each makes one call, checks the answer against what the version that it names computes, and returns that version.</param>
    /// <param name="publish">Publishes the next version and returns it.</param>
    /// <param name="swaps">How many to publish.</param>
    /// <param name="cancel">Ends it all.</param>
    public static async Task RunAsync(IReadOnlyList<Func<Task<int>>> callers, Func<Task<int>> publish, int swaps, CancellationToken cancel)
    {
        using var done = new CancellationTokenSource();
        var last = new int[callers.Count];
        var asking = callers.Select((ask, i) => Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    var version = await ask();
                    Assert.True(version >= last[i], $"After version {last[i]} version {version} answered.");
                    Volatile.Write(ref last[i], version);
                }
            },
            cancel)).ToList();
        for (var swap = 0; swap < swaps && !asking.Exists(a => a.IsFaulted); swap++)
        {
            var version = await publish();
            while (Enumerable.Range(0, last.Length).Any(i => Volatile.Read(ref last[i]) != version) && !asking.Exists(a => a.IsFaulted))
                await Task.Delay(5, cancel);
        }
        await done.CancelAsync();
        await Task.WhenAll(asking);
    }
}
