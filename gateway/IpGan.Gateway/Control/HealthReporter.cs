using Grpc.Health.V1;
using Grpc.HealthCheck;
using IpGan.Gateway.Directory;

namespace IpGan.Gateway.Control;

/// <summary>Keeps grpc.health.v1 in step with the services: SERVING as long as rotations can be composed.</summary>
internal sealed class HealthReporter(ServiceDirectory directory, HealthServiceImpl health) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var changed = directory.Changed;
                health.SetStatus("", directory.State.Serving is null
                    ? HealthCheckResponse.Types.ServingStatus.NotServing : HealthCheckResponse.Types.ServingStatus.Serving);
                await changed.WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Load balancers look elsewhere while the last requests finish.
            health.SetStatus("", HealthCheckResponse.Types.ServingStatus.NotServing);
        }
    }
}
