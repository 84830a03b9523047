using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IpGan.Telemetry;

/// <summary>
/// A port of its own for Prometheus: <c>Kestrel__Endpoints__Metrics__Url=http://*:9464</c>. It answers GET /metrics and nothing else, and no other port answers that,
/// so that whoever may reach the API need not be able to read the metrics, nor the other way round.
/// </summary>
public static class MetricsEndpoint
{
    private const string Name = "Metrics";

    /// <summary>Marks connections to that port. What a request says about itself, its Host header above all, is not to be trusted here.</summary>
    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }

    /// <summary>Before anything else: requests to the metrics' port end here.</summary>
    public static void UseMetricsEndpoint(this WebApplication app)
    {
        if (IsOn(app.Configuration))
        {
            app.MapWhen(IsMeant, metrics =>
            {
                metrics.Use(next => context =>
                {
                    // Being looked at is no work.
                    context.Features.GetRequiredFeature<IHttpMetricsTagsFeature>().MetricsDisabled = true;
                    return next(context);
                });
                metrics.UseOpenTelemetryPrometheusScrapingEndpoint();
                metrics.Run(context =>
                {
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    return Task.CompletedTask;
                });
            });
        }
    }

    internal static bool IsOn(IConfiguration configuration) => !string.IsNullOrEmpty(configuration[$"Kestrel:Endpoints:{Name}:Url"]);

    internal static bool IsMeant(HttpContext context) => context.Features.Get<Mark>() is not null;

    internal static void AddMetricsEndpoint(this WebApplicationBuilder builder) => builder.Services.Configure<KestrelServerOptions>(kestrel =>
        kestrel.ConfigurationLoader!.Endpoint(Name, endpoint => endpoint.ListenOptions.Use(next => connection =>
        {
            connection.Features.Set(Mark.Instance);
            return next(connection);
        })));
}
