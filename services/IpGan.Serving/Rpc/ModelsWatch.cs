using Grpc.Core;
using IpGan.V1;

namespace IpGan.Serving.Rpc;

/// <summary>The models as they are, again whenever they change, and every few seconds as a sign of life.</summary>
internal static class ModelsWatch
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(3);

    /// <summary>Tells until the caller goes or the process stops.</summary>
    /// <param name="changed">A task that ends with the next change from now.</param>
    /// <param name="snapshot">The models now.</param>
    /// <param name="responses">Whom they are told.</param>
    /// <param name="time">The clock.</param>
    /// <param name="who">The process in words: "The gateway".</param>
    /// <param name="stopping">The process'.</param>
    /// <param name="gone">The caller's patience.</param>
    /// <exception cref="RpcException">The end: CANCELLED or UNAVAILABLE.</exception>
    public static async Task RunAsync(
        Func<Task> changed, Func<ModelsSnapshot> snapshot, IServerStreamWriter<ModelsSnapshot> responses, TimeProvider time, string who, CancellationToken stopping, CancellationToken gone)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping);
        while (!stop.IsCancellationRequested)
        {
            var next = changed();
            await responses.WriteAsync(snapshot(), stop.Token).ConfigureAwait(false);
            // A change, or the time for a heartbeat, or the end.
            await next.WaitAsync(Heartbeat, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // A server that stops waits for its calls, and this one never ends by itself.
        throw new RpcException(gone.IsCancellationRequested ? new Status(StatusCode.Cancelled, "The caller has gone.") : new Status(StatusCode.Unavailable, $"{who} is stopping."));
    }
}
