using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using IpGan.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IpGan.CommandLine.Tests;

/// <summary>Poses of several photos: a call for each, of which one may fail after others have been answered.</summary>
public sealed class EmbedPoseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(StatusCode.Unavailable, 3, "1.png 3.png")]
    [InlineData(StatusCode.PermissionDenied, 1, "")]
    public async Task A_call_that_fails_for_a_moment_costs_its_own_photo_only_and_one_that_is_not_let_in_ends_all(StatusCode status, int exitCode, string done)
    {
        string[] photos = ["1.png", "2.png", "3.png"];
        foreach (var photo in photos)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder.Path, photo), Pictures.Square(1), Cancel);
        }
        await using var gateway = await StartAsync(status);
        var run = await IpGanProcess.RunAsync(_folder.Path, gateway.Urls.Single(), ["embed", .. photos, "--pose", "--json"]);
        Assert.True(run.ExitCode == exitCode, run.Errors);
        Assert.Contains("It is told why.", run.Errors, StringComparison.Ordinal);
        Assert.Equal(done, run.Output.Length == 0 ? "" : string.Join(' ', run.Json.EnumerateArray().Select(p => p.GetProperty("photo").GetString())));
    }

    /// <summary>A gateway whose second answer is a failure that must not be tried again.</summary>
    private static async Task<WebApplication> StartAsync(StatusCode second)
    {
        // Empty: the settings of the gateway proper may lie beside this program.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        var calls = 0;
        app.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            if (++calls == 2)
            {
                context.Response.Headers["grpc-status"] = $"{(int)second}";
                context.Response.Headers["grpc-message"] = "It is told why.";
                context.Response.Headers["grpc-retry-pushback-ms"] = "-1";
                return;
            }
            var answer = new EmbedPoseResponse { Embedding = new Embedding { Space = "pose-a", Values = { 1 } }, Angles = new Angles() }.ToByteArray();
            var message = new byte[5 + answer.Length];
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), answer.Length);
            answer.CopyTo(message, 5);
            await context.Response.Body.WriteAsync(message);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync(Cancel);
        return app;
    }
}
