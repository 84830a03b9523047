using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IpGan.Serving.Tests.Repositories;

/// <summary>A bucket with the files of a folder, under any prefix, one of which may never come as its checksum says.</summary>
internal sealed class BrokenBucket : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BrokenBucket(WebApplication app) => _app = app;

    /// <summary>Told of every object that is asked for.</summary>
    public Action<string>? Asked { get; set; }

    /// <summary>The path of an object of which half is sent, and then nothing more.</summary>
    public string? Stalled { get; set; }

    public Uri Endpoint => new(_app.Urls.Single());

    public static async Task<BrokenBucket> ServeAsync(string root, string? damaged, CancellationToken cancel)
    {
        // Anybody will do; the client asks for somebody.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", S3Server.Account);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", S3Server.Account);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapGet($"/{S3Server.Bucket}", (HttpContext context) => Results.Text(List(root, context.Request.Query["prefix"].ToString().Split('/')[0]), "application/xml"));
        var bucket = new BrokenBucket(app);
        app.MapGet($"/{S3Server.Bucket}/{{prefix}}/{{**path}}", (HttpContext context, string path) =>
        {
            bucket.Asked?.Invoke(path);
            if (path == bucket.Stalled)
            {
                return Results.Stream(async target =>
                {
                    var content = await File.ReadAllBytesAsync(Path.Combine(root, path));
                    await target.WriteAsync(content.AsMemory(0, content.Length / 2));
                    await target.FlushAsync();
                    await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                });
            }
            if (path == damaged)
            {
                context.Response.Headers["x-amz-checksum-crc32"] = Convert.ToBase64String(new byte[4]);
            }
            return Results.File(Path.Combine(root, path));
        });
        await app.StartAsync(cancel);
        return bucket;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string List(string root, string prefix) => $"""
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{S3Server.Bucket}</Name><IsTruncated>false</IsTruncated>
        {string.Concat(Directory.GetFiles(root, "*", SearchOption.AllDirectories).Select(f =>
            $"<Contents><Key>{prefix}/{Path.GetRelativePath(root, f)}</Key><ETag>&quot;1&quot;</ETag><Size>{new FileInfo(f).Length}</Size></Contents>"))}
        </ListBucketResult>
        """;
}
