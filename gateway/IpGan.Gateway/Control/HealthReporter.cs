using Grpc.Health.V1;
using Grpc.HealthCheck;
using IpGan.Gateway.Directory;

namespace IpGan.Gateway.Control;

/// <summary>
/// Keeps grpc.health.v1 in step with the services. All of it (no service named) is SERVING as long as rotations can be composed. <see cref="Gateway"/> is from when they first could, or from soon
/// after the start, until the end: who sends calls to gateways goes by that, or a missing generator would take vectors, Studio and the operators' tools away, too.
/// </summary>
internal sealed class HealthReporter(ServiceDirectory directory, HealthServiceImpl health, TimeProvider time) : BackgroundService
{
    /// <summary>The gateway itself.</summary>
    public const string Gateway = "gateway";

    // A gateway that starts beside services which serve finds them sooner.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var patience = Task.Delay(Patience, time, stoppingToken);
        var taken = false;
        health.SetStatus(Gateway, HealthCheckResponse.Types.ServingStatus.NotServing);
        try
        {
            while (true)
            {
                var changed = directory.Changed;
                var composes = directory.State.Serving is not null;
                health.SetStatus("", composes ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing);
                if (!taken && (composes || patience.IsCompleted))
                {
                    health.SetStatus(Gateway, HealthCheckResponse.Types.ServingStatus.Serving);
                    taken = true;
                }
                await (taken ? changed : Task.WhenAny(changed, patience)).WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Load balancers look elsewhere while the last requests finish.
            health.SetStatus("", HealthCheckResponse.Types.ServingStatus.NotServing);
            health.SetStatus(Gateway, HealthCheckResponse.Types.ServingStatus.NotServing);
        }
    }
}
