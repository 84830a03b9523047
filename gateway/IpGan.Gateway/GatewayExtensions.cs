using Grpc.HealthCheck;
using IpGan.Gateway.Control;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Proxy;
using IpGan.Gateway.Rest;
using IpGan.Gateway.Rotation;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace IpGan.Gateway;

/// <summary>One way in for Program.cs.</summary>
internal static class GatewayExtensions
{
    public static WebApplicationBuilder AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section, o => o.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(
            (kestrel, gateway) => kestrel.Limits.MaxRequestBodySize = gateway.Value.MaxRequestBytes);
        services.TryAddSingleton(TimeProvider.System);

        services.AddReverseProxy();
        // YARP's session affinity asks for keys, which nothing here uses: none are written to disk.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddSingleton<IProxyConfigProvider>(provider =>
            new InMemoryConfigProvider(ProxyRoutes.Routes, ProxyRoutes.Clusters(provider.GetRequiredService<IOptions<GatewayOptions>>().Value)));

        services.AddSingleton<ServiceDirectory>();
        services.AddHostedService(provider => provider.GetRequiredService<ServiceDirectory>());
        services.AddSingleton<Calls>();
        services.AddSingleton<RotationComposer>();

        services.AddGrpc().AddJsonTranscoding();
        services.AddOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>().Configure<IOptions<GatewayOptions>>((grpc, gateway) =>
        {
            grpc.MaxReceiveMessageSize = gateway.Value.MaxRequestBytes;
            grpc.MaxSendMessageSize = null;
        });
        services.AddGrpcReflection();
        services.AddSingleton<HealthServiceImpl>();
        services.AddHostedService<HealthReporter>();
        return builder;
    }

    public static WebApplication MapGateway(this WebApplication app)
    {
        app.MapReverseProxy();
        app.MapGrpcService<FaceRotationService>();
        app.MapGrpcService<GatewayModelControl>();
        app.MapGrpcService<IdentityEncoderEndpoint>();
        app.MapGrpcService<PoseEncoderEndpoint>();
        app.MapGrpcService<GeneratorEndpoint>();
        app.MapGrpcService<HealthServiceImpl>();
        app.MapGrpcReflectionService();
        app.MapGet("/healthz", () => "alive");
        app.MapGet("/readyz", (ServiceDirectory directory) => directory.State is { Serving: null } state
            ? Results.Text(state.ToSnapshot().Note, statusCode: 503) : Results.Text("ready"));
        return app;
    }
}
