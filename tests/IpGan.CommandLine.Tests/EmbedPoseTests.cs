using System.Buffers.Binary;
using System.Globalization;
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
    [InlineData(StatusCode.PermissionDenied, 1, "1.png")]
    public async Task A_call_that_fails_for_a_moment_costs_its_own_photo_only_and_one_that_is_not_let_in_ends_all(StatusCode status, int exitCode, string done)
    {
        var (run, _) = await EmbedAsync(3, call => call == 2 ? status : StatusCode.OK);
        Assert.True(run.ExitCode == exitCode, run.Errors);
        Assert.Contains("It is told why.", run.Errors, StringComparison.Ordinal);
        Assert.Equal(done, Photos(run));
    }

    [Theory]
    [InlineData(8, "2 3 5 6 7", 7, 1, "1.png 4.png")]
    [InlineData(8, "2 3 5 6 8", 8, 3, "1.png 4.png 7.png")]
    [InlineData(4, "1 2 3", 3, 1, "")]
    public async Task After_three_failures_in_a_row_it_gives_up_and_what_was_answered_is_not_lost(int photos, string failing, int calls, int exitCode, string done)
    {
        var fails = failing.Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToHashSet();
        var (run, asked) = await EmbedAsync(photos, call => fails.Contains(call) ? StatusCode.Unavailable : StatusCode.OK);
        Assert.True(run.ExitCode == exitCode, run.Errors);
        Assert.Equal(calls, asked);
        Assert.Contains("It is told why.", run.Errors, StringComparison.Ordinal);
        Assert.Equal(done, Photos(run));
    }

    private static string Photos(IpGanRun run) =>
        run.Output.Length == 0 ? "" : string.Join(' ', run.Json.EnumerateArray().Select(p => p.GetProperty("photo").GetString()));

    /// <summary>Asks for the poses of so many photos; how it ended, and how often the gateway was asked.</summary>
    private async Task<(IpGanRun Run, int Calls)> EmbedAsync(int count, Func<int, StatusCode> status)
    {
        string[] photos = [.. Enumerable.Range(1, count).Select(i => $"{i}.png")];
        foreach (var photo in photos)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder.Path, photo), Pictures.Square(1), Cancel);
        }
        var calls = 0;
        await using var gateway = await StartAsync(() => status(++calls));
        return (await IpGanProcess.RunAsync(_folder.Path, gateway.Urls.Single(), ["embed", .. photos, "--pose", "--json"]), calls);
    }

    /// <summary>A gateway some of whose answers are failures that must not be tried again.</summary>
    private static async Task<WebApplication> StartAsync(Func<StatusCode> next)
    {
        // Empty: the settings of the gateway proper may lie beside this program.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            if (next() is not StatusCode.OK and var failure)
            {
                context.Response.Headers["grpc-status"] = $"{(int)failure}";
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
