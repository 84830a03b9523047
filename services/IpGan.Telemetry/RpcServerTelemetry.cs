using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IpGan.Telemetry;

/// <summary>
/// gRPC calls by method and status, in the names of OpenTelemetry's RPC conventions. In the middleware rather than in an interceptor: calls that are refused
/// before their body is read, that are no messages, or that a proxy answers never reach one.
/// </summary>
public sealed class RpcServerTelemetry
{
    // What the conventions say for names that a caller could have made up.
    private const string Other = "_OTHER";

    private readonly Histogram<double> _duration;
    private readonly Lazy<FrozenDictionary<string, string>> _methods;

    /// <summary>Creates the instrument.</summary>
    /// <param name="meters">Makes meters.</param>
    /// <param name="endpoints">What the process maps; only names of its methods become labels.</param>
    public RpcServerTelemetry(IMeterFactory meters, EndpointDataSource endpoints)
    {
        _duration = RpcDuration.Create(meters, "rpc.server.call.duration", "Calls that were answered here: from the request's first byte to the answer's last.");
        _methods = new(() => endpoints.Endpoints.Select(e => e.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName).OfType<string>().Distinct()
            .ToFrozenDictionary(path => path, path => path.TrimStart('/')));
    }

    internal async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
        {
            await next(context).ConfigureAwait(false);
            return;
        }
        var started = Stopwatch.GetTimestamp();
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            var method = _methods.Value.GetValueOrDefault(context.Request.Path.Value ?? "", Other);
            var status = RpcDuration.Name(StatusOf(context));
            _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, RpcDuration.Tags(method, status));
            if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } activity)
            {
                activity.SetTag("rpc.system.name", "grpc").SetTag("rpc.method", method).SetTag("rpc.response.status_code", status);
            }
        }
    }

    private static StatusCode StatusOf(HttpContext context)
    {
        // Without a body the status is in the headers, else in the trailers.
        var text = context.Response.Headers["grpc-status"] is [{ } header, ..] ? header
            : context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers["grpc-status"] is [{ } trailer, ..] ? trailer : null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return (StatusCode)code;
        }
        // Cut off before its end, or never a gRPC answer: read as clients read it.
        return context.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled : context.Response.StatusCode switch
        {
            StatusCodes.Status400BadRequest => StatusCode.Internal,
            StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
            StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
            StatusCodes.Status404NotFound => StatusCode.Unimplemented,
            StatusCodes.Status429TooManyRequests or StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable
                or StatusCodes.Status504GatewayTimeout => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
    }
}

/// <summary>Puts <see cref="RpcServerTelemetry"/> into a pipeline.</summary>
public static class RpcServerTelemetryExtensions
{
    /// <summary>Outside of whatever answers or corrects gRPC calls, inside of what translates gRPC-Web. Without telemetry it adds nothing.</summary>
    public static void UseRpcTelemetry(this WebApplication app)
    {
        if (app.Services.GetService<RpcServerTelemetry>() is { } telemetry)
        {
            app.Use(next => context => telemetry.InvokeAsync(context, next));
        }
    }
}
