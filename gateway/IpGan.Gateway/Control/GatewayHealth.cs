using IpGan.Gateway.Directory;
using IpGan.Serving.Rpc;

namespace IpGan.Gateway.Control;

/// <summary>
/// grpc.health.v1. All of it (no service named) is SERVING as long as rotations can be composed. "gateway" is from when they first could, or from soon
/// after the start, until the end: who sends calls to gateways goes by that, or a missing generator would take vectors, Studio and the operators' tools away, too.
/// </summary>
internal sealed class GatewayHealth(ServiceDirectory directory, TimeProvider time, IHostApplicationLifetime lifetime) : ProcessHealth(lifetime), IHostedService
{
    private const string Gateway = "gateway";

    // A gateway that starts beside services which serve finds them sooner.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // When the gateway itself takes calls.
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override string Name => Gateway;

    protected override Task Changed => _taken.Task.IsCompleted ? directory.Changed : Task.WhenAny(directory.Changed, _taken.Task);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = TakeAsync();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override bool Serves(string service) => service == Gateway ? _taken.Task.IsCompleted : directory.State.Serving is not null;

    private async Task TakeAsync()
    {
        var patience = Task.Delay(Patience, time, Stopping);
        var changed = directory.Changed;
        while (directory.State.Serving is null && !patience.IsCompleted)
        {
            await Task.WhenAny(changed, patience);
            changed = directory.Changed;
        }
        _taken.SetResult();
    }
}
