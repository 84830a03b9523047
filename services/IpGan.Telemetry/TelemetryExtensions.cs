using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace IpGan.Telemetry;

/// <summary>
/// One way in for every process. Traces, metrics and logs go where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says; metrics are scraped instead where Kestrel has an
/// endpoint named "Metrics". With neither nothing listens, and nothing is measured.
/// </summary>
public static class TelemetryExtensions
{
    /// <summary>Meters and activity sources of the product begin so.</summary>
    private const string Own = "IpGan.*";

    // Asked every few seconds by those who watch the processes: nobody's request.
    private static readonly PathString[] Watching = ["/healthz", "/readyz", "/grpc.health.v1.Health", "/grpc.reflection.v1alpha.ServerReflection", "/grpc.reflection.v1.ServerReflection", "/ipgan.v1.ModelControl/WatchModels", "/v1/models:watch"];

    /// <summary>Collects, and exports as configured.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="name">Its name, unless <c>OTEL_SERVICE_NAME</c> gives another.</param>
    public static WebApplicationBuilder AddTelemetry(this WebApplicationBuilder builder, string name)
    {
        var pushed = !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var scraped = MetricsEndpoint.IsOn(builder.Configuration);
        if (!pushed && !scraped)
        {
            return builder;
        }
        builder.Services.AddSingleton<RpcServerTelemetry>();
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService(name, serviceVersion: typeof(TelemetryExtensions).Assembly.GetName().Version?.ToString(3), serviceInstanceId: Environment.MachineName)
            .AddEnvironmentVariableDetector());
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(Own, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.RateLimiting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime");
            if (scraped)
            {
                builder.AddMetricsEndpoint();
                metrics.AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false);
            }
            else
            {
                metrics.AddOtlpExporter();
            }
        });
        if (pushed)
        {
            telemetry.WithTracing(traces => traces.AddSource(Own, "System.Net.Http").AddAspNetCoreInstrumentation(http => http.Filter = IsTraced).AddOtlpExporter());
            telemetry.WithLogging(logs => logs.AddOtlpExporter(), options => (options.IncludeScopes, options.IncludeFormattedMessage) = (true, true));
        }
        return builder;
    }

    private static bool IsTraced(HttpContext context) => !MetricsEndpoint.IsMeant(context) && !Array.Exists(Watching, p => context.Request.Path.StartsWithSegments(p));
}
