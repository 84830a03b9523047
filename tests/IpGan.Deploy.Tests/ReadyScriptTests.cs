using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace IpGan.Deploy.Tests;

/// <summary>The health check of the images, against a real server.</summary>
public sealed class ReadyScriptTests
{
    [Theory]
    [InlineData(200, true)]
    [InlineData(503, false)]
    [InlineData(404, false)]
    public async Task Check_succeeds_only_when_the_server_says_that_it_is_ready(int status, bool expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for the images' Linux.");
        // Empty: the hosts' appsettings.json lies beside the tests, with the hosts' ports.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/readyz" ? status : StatusCodes.Status418ImATeapot;
            return Task.CompletedTask;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expected, await CheckAsync(new Uri(app.Urls.Single()).Port));
    }

    [Fact]
    public async Task Check_fails_when_nothing_listens()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for the images' Linux.");
        // Bound and not listening: nobody else can take the port meanwhile.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        Assert.False(await CheckAsync(((IPEndPoint)socket.LocalEndPoint!).Port));
    }

    // Started as the images start it: by itself, not through a shell that is named.
    private static async Task<bool> CheckAsync(int port)
    {
        var start = new ProcessStartInfo(Tree.Full("deploy/containers/ready.sh"), [$"{port}"]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0;
    }
}
