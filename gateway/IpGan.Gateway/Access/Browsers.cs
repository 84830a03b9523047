using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>What browsers are told: of every answer, and of other sites' pages. A page that needs more says so itself.</summary>
internal static class Browsers
{
    // What gRPC-Web clients read, beside what browsers show anyway.
    private static readonly string[] Exposed = ["grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-retry-pushback-ms", "Retry-After"];

    public static void AddBrowsers(this IServiceCollection services)
    {
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<GatewayOptions>>((cors, gateway) =>
        {
            if (gateway.Value.Access.CorsOrigins is { Count: > 0 } origins)
            {
                cors.AddDefaultPolicy(policy => policy.WithOrigins([.. origins]).AllowAnyHeader().WithMethods("GET", "POST").WithExposedHeaders(Exposed));
            }
        });
    }

    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            headers.TryAdd("X-Frame-Options", "DENY");
            // Answers are data: nothing in them is to be run or shown.
            headers.TryAdd("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
            return Task.CompletedTask;
        });
        return next(context);
    });
}
