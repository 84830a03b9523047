using System.Net;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Proxy;
using IpGan.Gateway.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Configuration;

namespace IpGan.Gateway.Tests.Directory;

/// <summary>A certificate's file that cannot be read when replicas come: it may be about to be replaced.</summary>
public sealed class UnreadableCertificateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_that_come_meanwhile_are_taken_when_it_is_back()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "ca.crt");
        await File.WriteAllTextAsync(file, "", Cancel);
        var time = new FakeTimeProvider();
        var log = new KeptLog<ServiceAddresses>();
        using var services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
        var options = Options.Create(new GatewayOptions { IdentityEncoders = [new Uri("http://encoders.test:9")], ServiceTls = new ServiceTlsOptions { Authorities = file } });
        using var directory = new ServiceDirectory(options, time, services.GetRequiredService<GatewayMetrics>(), new KeptLog<ServiceDirectory>());
        Task<IPAddress[]> LookUpAsync(string host, CancellationToken cancel) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        using var addresses = new ServiceAddresses(options, LookUpAsync, directory, new InMemoryConfigProvider([], []), time, log);
        // The name is there before it is looked up.
        directory.Use([.. options.Value.Addresses]);
        File.Delete(file);

        await addresses.StartAsync(Cancel);
        await UntilAsync(() => log.Lines.Any(line => line.Contains(file, StringComparison.Ordinal)));
        Assert.Equal("http://encoders.test:9", directory.State.Services.Single().Address);

        await File.WriteAllTextAsync(file, "", Cancel);
        await UntilAsync(() => directory.State.Services.Single().Address == "http://127.0.0.1:9");
        await addresses.StopAsync(Cancel);

        async Task UntilAsync(Func<bool> condition)
        {
            var deadline = DateTime.UtcNow.AddMinutes(1);
            while (!condition())
            {
                Assert.False(addresses.ExecuteTask is { IsFaulted: true }, $"{addresses.ExecuteTask?.Exception}");
                Assert.True(DateTime.UtcNow < deadline, "The condition never held.");
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(5, Cancel);
            }
        }
    }
}
