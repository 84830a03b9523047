using IpGan.Models;
using IpGan.Serving.Repositories;
using IpGan.Serving.Rpc;
using IpGan.Serving.Runtime;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;
using IpGan.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
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
        builder.AddTelemetry(role.Name());
        var services = builder.Services;
        services.AddOptions<ServingOptions>().BindConfiguration(ServingOptions.Section, o => o.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .Validate<IConfiguration>(
                (serving, settings) => serving.ClientAuthorities is null || settings["Kestrel:Endpoints:Grpc:Url"]?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true,
                "ClientAuthorities is set, and Kestrel:Endpoints:Grpc:Url is not https: nobody would be asked for a certificate. Give that endpoint an https address and a certificate.")
            .Validate(
                serving => serving.MaxBytesInFlight >= serving.MaxMessageBytes,
                "MaxBytesInFlight is less than MaxMessageBytes: a message of the largest size could never be taken. Give it at least as much.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<ServingMetrics>();
        services.AddSingleton<OnnxDevice>();
        services.AddSingleton<WorkQueue>();
        services.AddSingleton(provider => HostOf(provider, role));
        services.AddSingleton(provider => new ModelHosts(
            provider.GetRequiredService<ModelHost>(), FindsFaces(role) ? HostOf(provider, ModelRole.FaceFinder) : null));
        ModelRole[] roles = FindsFaces(role) ? [role, ModelRole.FaceFinder] : [role];
        if (S3Location.TryParse(builder.Configuration[$"{ServingOptions.Section}:{nameof(ServingOptions.Repository)}"]) is not null)
        {
            foreach (var mirrored in roles)
            {
                services.AddKeyedSingleton(mirrored, (provider, _) => ActivatorUtilities.CreateInstance<S3Mirror>(provider, mirrored));
                services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<S3Mirror>(mirrored));
            }
        }
        foreach (var served in roles)
        {
            services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ModelHosts>().Find(served.Name()));
        }
        services.AddSingleton<HealthService>();
        services.AddSingleton<ErrorInterceptor>();
        services.AddSingleton<ModelCalls>();
        services.AddGrpc(grpc => grpc.Interceptors.Add<ErrorInterceptor>());
        services.AddOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>().Configure<IOptions<ServingOptions>>((grpc, serving) =>
        {
            grpc.MaxReceiveMessageSize = serving.Value.MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
            // A compressed message has as many bytes as it likes, and a gateway passes it on as it came.
            grpc.CompressionProviders.Clear();
        });
        // The server's own limit, 30 MB, must not be the smaller one: it says nothing to the caller.
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ServingOptions>>((kestrel, serving) =>
        {
            kestrel.Limits.MaxRequestBodySize = serving.Value.MaxMessageBytes + MessageFrameBytes;
            // The stream of a caller who vanished without closing his connection ends.
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            if (serving.Value.ClientAuthorities is { } authorities)
            {
                kestrel.RequireClientCertificates(authorities);
            }
        });
        services.AddGrpcReflection();
        return builder;
    }

    /// <summary>The endpoints that every service has beside its own: model control, health, reflection.</summary>
    public static WebApplication MapModelServing(this WebApplication app)
    {
        // A GPU that is required and missing stops the start, not the first request.
        app.Services.GetRequiredService<OnnxDevice>();
        app.UseMetricsEndpoint();
        app.UseRpcTelemetry();
        app.UseReadableMessages(app.Services.GetRequiredService<IOptions<ServingOptions>>().Value.MaxMessageBytes);
        app.UseOverloadGate();
        app.MapGrpcService<ModelControlService>();
        app.MapGrpcService<HealthService>();
        app.MapGrpcService<OpenInferenceService>();
        if (FindsFaces(app.Services.GetRequiredService<ModelHost>().Role))
        {
            app.MapGrpcService<FaceFinderService>();
        }
        app.MapGrpcReflectionService();
        app.MapGet("/healthz", () => "alive");
        app.MapGet("/readyz", (ModelHosts hosts) => hosts.IsReady
            ? Results.Text("ready") : Results.Text($"no {(hosts.Own.IsReady ? ModelRole.FaceFinder : hosts.Own.Role).Name()} is loaded", statusCode: 503));
        return app;
    }

    private static ModelHost HostOf(IServiceProvider provider, ModelRole role)
    {
        var mirror = provider.GetKeyedService<S3Mirror>(role);
        bool FolderIsComplete() => mirror is null or { HasLooked: true };
        return ActivatorUtilities.CreateInstance<ModelHost>(provider, role, (Func<bool>)FolderIsComplete);
    }

    // Encoders take whole photos.
    private static bool FindsFaces(ModelRole role) => role is ModelRole.IdentityEncoder or ModelRole.PoseEncoder;
}
