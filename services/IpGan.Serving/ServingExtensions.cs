using IpGan.Models;
using IpGan.Serving.Rpc;
using IpGan.Serving.Runtime;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IpGan.Serving;

/// <summary>One way in for the three hosts.</summary>
public static class ServingExtensions
{
    // Length and compression flag.
    private const int MessageFrameBytes = 5;

    /// <summary>Everything that serves one role: versions, workers, gRPC with limits and errors, health, reflection.</summary>
    public static WebApplicationBuilder AddModelServing(this WebApplicationBuilder builder, ModelRole role)
    {
        var services = builder.Services;
        services.AddOptions<ServingOptions>().BindConfiguration(ServingOptions.Section, o => o.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<ServingMetrics>();
        services.AddSingleton<OnnxDevice>();
        services.AddSingleton<WorkQueue>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ModelHost>(provider, role));
        services.AddHostedService(provider => provider.GetRequiredService<ModelHost>());
        services.AddSingleton<HealthService>();
        services.AddSingleton<ErrorInterceptor>();
        services.AddGrpc(grpc => grpc.Interceptors.Add<ErrorInterceptor>());
        services.AddOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>().Configure<IOptions<ServingOptions>>((grpc, serving) =>
        {
            grpc.MaxReceiveMessageSize = serving.Value.MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
        });
        // The server's own limit, 30 MB, must not be the smaller one: it says nothing to the caller.
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ServingOptions>>((kestrel, serving) =>
            kestrel.Limits.MaxRequestBodySize = serving.Value.MaxMessageBytes + MessageFrameBytes);
        services.AddGrpcReflection();
        return builder;
    }

    /// <summary>The endpoints that every service has beside its own: model control, health, reflection.</summary>
    public static WebApplication MapModelServing(this WebApplication app)
    {
        // A GPU that is required and missing stops the start, not the first request.
        app.Services.GetRequiredService<OnnxDevice>();
        app.MapGrpcService<ModelControlService>();
        app.MapGrpcService<HealthService>();
        app.MapGrpcReflectionService();
        app.MapGet("/healthz", () => "alive");
        app.MapGet("/readyz", (ModelHost host) => host.IsReady ? Results.Text("ready") : Results.Text("no model is loaded", statusCode: 503));
        return app;
    }
}
