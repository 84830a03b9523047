using Grpc.Health.V1;
using Grpc.HealthCheck;
using IpGan.Serving.Versions;
using Microsoft.Extensions.Hosting;

namespace IpGan.Serving.Rpc;

/// <summary>Keeps grpc.health.v1 in step with the versions: SERVING as long as one answers.</summary>
internal sealed class HealthReporter(ModelHost host, HealthServiceImpl health) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var changed = host.Changed;
                health.SetStatus("", host.IsReady ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing);
                await changed.WaitAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Load balancers look elsewhere while the last requests finish.
            health.SetStatus("", HealthCheckResponse.Types.ServingStatus.NotServing);
        }
    }
}
