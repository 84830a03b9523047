using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IpGan.Testing.Telemetry;

/// <summary>A span, and the process that it comes from.</summary>
public sealed record ReceivedSpan(string Service, Span Span)
{
    public string Trace => Span.TraceId.ToBase64();

    /// <summary>An attribute as text; null if the span has none of this name.</summary>
    public string? this[string name] => Span.Attributes.FirstOrDefault(a => a.Key == name)?.Value is { } value
        ? value.ValueCase == Value.ValueOneofCase.StringValue ? value.StringValue : $"{value.IntValue}"
        : null;
}

/// <summary>A line of a log, and the process that it comes from.</summary>
public sealed record ReceivedLog(string Service, LogRecord Record);

/// <summary>Takes what processes export by OTLP over gRPC, their default, and keeps traces and logs.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    // A flag and the length, before a gRPC message.
    private const int Frame = 5;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly ConcurrentQueue<ReceivedLog> _logs = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Settings of a process that shall export here, and soon.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
    };

    public IReadOnlyCollection<ReceivedSpan> Spans => _spans;

    public IReadOnlyCollection<ReceivedLog> Logs => _logs;

    public static async Task<OtlpReceiver> StartAsync(CancellationToken cancel)
    {
        // Empty: hosts' appsettings.json may lie beside the tests, with the hosts' ports.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(e => e.Protocols = HttpProtocols.Http2));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync(cancel);
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Keep(context.Request.Path, ByteString.CopyFrom(body.GetBuffer(), Frame, (int)body.Length - Frame));
        context.Response.ContentType = "application/grpc";
        // An empty answer: nothing was left out.
        await context.Response.Body.WriteAsync(new byte[Frame], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private void Keep(string path, ByteString message)
    {
        if (path.EndsWith("TraceService/Export", StringComparison.Ordinal))
        {
            foreach (var resource in Traces.Parser.ParseFrom(message).ResourceSpans)
                foreach (var span in resource.ScopeSpans.SelectMany(s => s.Spans))
                    _spans.Enqueue(new ReceivedSpan(Service(resource.Resource), span));
        }
        else if (path.EndsWith("LogsService/Export", StringComparison.Ordinal))
        {
            foreach (var resource in Testing.Telemetry.Logs.Parser.ParseFrom(message).ResourceLogs)
                foreach (var record in resource.ScopeLogs.SelectMany(s => s.LogRecords))
                    _logs.Enqueue(new ReceivedLog(Service(resource.Resource), record));
        }
    }

    private static string Service(Resource resource) => resource.Attributes.First(a => a.Key == "service.name").Value.StringValue;
}
