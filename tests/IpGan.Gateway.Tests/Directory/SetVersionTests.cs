using System.Net;
using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Telemetry;
using IpGan.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Tests.Directory;

/// <summary>An operator's choice, told to replicas of which some do not follow it.</summary>
public sealed class SetVersionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_replicas_are_told_and_those_that_are_late_or_refuse_are_named()
    {
        await using var late = await ServeAsync((_, gone) => Task.Delay(Timeout.Infinite, gone));
        await using var refuses = await ServeAsync((_, _) => throw new RpcException(new Status(StatusCode.NotFound, "There is no version 2.")));
        var told = new List<string>();
        await using var follows = await ServeAsync((request, _) =>
        {
            told.Add(request.Version);
            return Task.CompletedTask;
        });
        var addresses = new[] { late, refuses, follows }.Select(app => new Uri(app.Urls.Single())).ToList();
        var options = Options.Create(new GatewayOptions { Generators = addresses });
        using var services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
        using var directory = new ServiceDirectory(options, TimeProvider.System, services.GetRequiredService<GatewayMetrics>(), new KeptLog<ServiceDirectory>());
        directory.Use([.. options.Value.Addresses]);
        // The first of them answers never, the others as soon as they can.
        var patience = new Queue<TimeSpan>([TimeSpan.FromMilliseconds(300), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)]);

        var error = await Assert.ThrowsAsync<RpcException>(() => directory.SetVersionAsync(
            new SetVersionRequest { Role = Roles.Generator, Version = "2" }, () => new CallOptions(deadline: DateTime.UtcNow + patience.Dequeue(), cancellationToken: Cancel)));

        Assert.Equal(["2"], told);
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        var words = addresses.Select(a => a.ToString().TrimEnd('/')).ToList();
        Assert.StartsWith($"generator at {words[0]}: The generator did not answer within ", error.Status.Detail, StringComparison.Ordinal);
        Assert.EndsWith($" generator at {words[1]}: There is no version 2. It is set at {words[2]}.", error.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> ServeAsync(Func<SetVersionRequest, CancellationToken, Task> set)
    {
        var builder = WebApplication.CreateSlimBuilder();
        // The gateway's settings lie beside the tests, ports and all.
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new Generators(set));
        var app = builder.Build();
        app.MapGrpcService<Generators>();
        await app.StartAsync(Cancel);
        return app;
    }

    /// <summary>A generator, as far as operators are concerned.</summary>
    private sealed class Generators(Func<SetVersionRequest, CancellationToken, Task> set) : ModelControl.ModelControlBase
    {
        public override async Task<ModelsSnapshot> SetVersion(SetVersionRequest request, ServerCallContext context)
        {
            await set(request, context.CancellationToken);
            return new ModelsSnapshot { Services = { new ServiceInfo { Role = Roles.Generator } } };
        }
    }
}
