using System.Net;
using Grpc.AspNetCore.Server;
using IpGan.Gateway.Access;
using IpGan.Gateway.Control;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Documentation;
using IpGan.Gateway.Errors;
using IpGan.Gateway.Proxy;
using IpGan.Gateway.Rest;
using IpGan.Gateway.Rotation;
using IpGan.Gateway.Studio;
using IpGan.Gateway.Telemetry;
using IpGan.Serving.Rpc;
using IpGan.Telemetry;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace IpGan.Gateway;

/// <summary>One way in for Program.cs.</summary>
internal static class GatewayExtensions
{
    private const string Rest = "/v1";

    // Whoever asks for health or for models names a service, a role or a version at most; and a watch holds its request as long as it lives.
    private const int MaxControlBytes = 4096;

    public static WebApplicationBuilder AddGateway(this WebApplicationBuilder builder)
    {
        builder.AddTelemetry("gateway");
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section, o => o.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(
            (kestrel, gateway) =>
            {
                // A gRPC message has five bytes before it.
                kestrel.Limits.MaxRequestBodySize = gateway.Value.MaxRequestBytes + 5;
                // The stream of a caller who vanished without closing his connection ends.
                kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            });
        services.TryAddSingleton(TimeProvider.System);
        services.AddCallers();
        services.AddCallerLimits();
        services.AddBrowsers();

        services.AddReverseProxy();
        services.AddSingleton<IForwarderHttpClientFactory, ServiceHttpClients>();
        // YARP's session affinity asks for keys, which nothing here uses: none are written to disk.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddSingleton(provider =>
            new InMemoryConfigProvider(ProxyRoutes.Routes, ProxyRoutes.Clusters(provider.GetRequiredService<IOptions<GatewayOptions>>().Value.Addresses)));
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<InMemoryConfigProvider>());

        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<ServiceDirectory>();
        services.TryAddSingleton(new HostLookup(Dns.GetHostAddressesAsync));
        services.AddHostedService<ServiceAddresses>();
        services.AddSingleton<Calls>();
        services.AddSingleton<IdentityResolver>();
        services.AddSingleton<RotationComposer>();
        services.AddSingleton<FaceComparer>();

        services.AddSingleton<FailureInterceptor>();
        services.AddGrpc(grpc => grpc.Interceptors.Add<FailureInterceptor>())
            .AddServiceOptions<GatewayHealth>(health => health.MaxReceiveMessageSize = MaxControlBytes)
            .AddServiceOptions<GatewayModelControl>(control => control.MaxReceiveMessageSize = MaxControlBytes)
            .AddJsonTranscoding(json => json.TypeRegistry = ProblemResponses.Details);
        services.AddOptions<GrpcServiceOptions>().Configure<IOptions<GatewayOptions>>((grpc, gateway) =>
        {
            grpc.MaxReceiveMessageSize = gateway.Value.MaxRequestBytes;
            grpc.MaxSendMessageSize = null;
            // A compressed message has as many bytes as it likes.
            grpc.CompressionProviders.Clear();
        });
        services.AddGrpcReflection();
        services.AddOpenApiDocument();
        services.AddSingleton<GatewayHealth>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayHealth>());
        return builder;
    }

    public static WebApplication MapGateway(this WebApplication app)
    {
        AccessLog.Write(app);
        app.UseMetricsEndpoint();
        app.UseSecurityHeaders();
        app.UseProblemResponses(Rest);
        app.UseStatusCodePages(page => Refusal.WriteProblemAsync(page.HttpContext));
        app.UseRouting();
        app.UseCors();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.UseRpcTelemetry();
        app.UseReadableMessages(app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.MaxRequestBytes);
        // Before anybody is asked who he is: the page asks for the key.
        app.UseStudio();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseTokenEnd();
        app.UseRequestBudget();

        app.MapReverseProxy(proxy =>
        {
            proxy.UseAnsweringReplicas();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
        app.MapGrpcService<FaceRotationService>();
        app.MapGrpcService<GatewayModelControl>();
        app.MapGrpcService<IdentityEncoderEndpoint>();
        app.MapGrpcService<PoseEncoderEndpoint>();
        app.MapGrpcService<GeneratorEndpoint>();
        app.MapGrpcService<FaceFinderEndpoint>();
        app.MapGrpcService<GatewayHealth>().AllowAnonymous();
        app.MapGrpcReflectionService();
        app.MapOpenApiDocument();
        app.MapGet("/healthz", () => "alive").AllowAnonymous();
        // To everybody: what is where, only who may list the models is told.
        app.MapGet("/readyz", (ServiceDirectory directory) => directory.State.Serving is null
            ? Results.Text("No consistent set of models is up; GET /v1/models says why.", statusCode: 503) : Results.Text("ready")).AllowAnonymous();
        return app;
    }
}
