using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace IpGan.Deploy.Tests;

/// <summary>The health check of the images: the hosts' own programs, against a real server.</summary>
public sealed class ReadyCheckTests
{
    [Theory]
    [InlineData("IpGan.Gateway", "*", 200, true)]
    [InlineData("IpGan.Gateway", "*", 503, false)]
    [InlineData("IpGan.Generator", "127.0.0.1", 200, true)]
    [InlineData("IpGan.IdentityEncoder", "[::]", 200, true)]
    [InlineData("IpGan.PoseEncoder", "localhost", 503, false)]
    [InlineData("IpGan.PoseEncoder", "0.0.0.0", 404, false)]
    public async Task Check_succeeds_only_when_the_server_says_that_it_is_ready(string project, string host, int status, bool expected)
    {
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

        Assert.Equal(expected, await CheckAsync(project, host, new Uri(app.Urls.Single()).Port));
    }

    [Fact]
    public async Task Check_fails_when_nothing_listens()
    {
        // Bound and not listening: nobody else can take the port meanwhile.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        Assert.False(await CheckAsync("IpGan.Generator", "*", ((IPEndPoint)socket.LocalEndPoint!).Port));
    }

    private static async Task<bool> CheckAsync(string project, string host, int port)
    {
        var folder = Tree.OutputFolder(project);
        var start = new ProcessStartInfo(Path.Combine(folder, OperatingSystem.IsWindows() ? $"{project}.exe" : project), ["--ready"])
        {
            WorkingDirectory = folder,
            Environment = { ["Kestrel__Endpoints__Http__Url"] = $"http://{host}:{port}" },
        };
        return (await ChildProcess.RunAsync(start, TestContext.Current.CancellationToken)).ExitCode == 0;
    }
}
