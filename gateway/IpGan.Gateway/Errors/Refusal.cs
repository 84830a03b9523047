using System.Globalization;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using IpGan.Telemetry;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using HttpRequest = Microsoft.AspNetCore.Http.HttpRequest;
using Status = Google.Rpc.Status;

namespace IpGan.Gateway.Errors;

/// <summary>Answers that are errors: the same words as gRPC status with google.rpc details, or as problem+json (RFC 9457).</summary>
internal static class Refusal
{
    private const string ProblemType = "application/problem+json";
    private const string Pushback = "grpc-retry-pushback-ms";
    private static readonly TimeSpan ComeAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>True for gRPC and gRPC-Web; everything else is REST.</summary>
    public static bool IsGrpc(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;

    /// <summary>Refuses a request before any handler has seen it.</summary>
    public static Task WriteAsync(HttpContext context, StatusCode code, string message, TimeSpan? retryAfter = null)
    {
        var status = Of(code, message, retryAfter);
        if (!IsGrpc(context.Request))
        {
            return WriteProblemAsync(context, status);
        }
        // Headers that end the answer: what gRPC calls trailers only. Whoever refuses may have set a status of HTTP, and clients would go by that.
        context.Response.StatusCode = StatusCodes.Status200OK;
        var headers = context.Response.Headers;
        headers.ContentType = context.Request.ContentType;
        headers["grpc-status"] = status.Code.ToString(CultureInfo.InvariantCulture);
        headers["grpc-message"] = Uri.EscapeDataString(message);
        headers["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray());
        if (retryAfter is { } wait)
        {
            headers[Pushback] = Milliseconds(wait);
        }
        return Task.CompletedTask;
    }

    /// <summary>The same for whoever is in the middle of a gRPC call.</summary>
    public static RpcException Exception(StatusCode code, string message, TimeSpan retryAfter)
    {
        var failure = Of(code, message, retryAfter).ToRpcException();
        failure.Trailers.Add(Pushback, Milliseconds(retryAfter));
        return failure;
    }

    /// <summary>A status as REST has it.</summary>
    public static Task WriteProblemAsync(HttpContext context, Status status)
    {
        var http = Http((StatusCode)status.Code);
        var problem = new ProblemDetails { Title = ReasonPhrases.GetReasonPhrase(http), Status = http, Detail = status.Message };
        // The name that google.rpc.Code has for it.
        problem.Extensions["code"] = RpcDuration.Name((StatusCode)status.Code);
        var violations = status.Details.Where(d => d.Is(BadRequest.Descriptor)).SelectMany(d => d.Unpack<BadRequest>().FieldViolations)
            .Select(v => new { field = v.Field, description = v.Description }).ToList();
        if (violations.Count > 0)
        {
            problem.Extensions["violations"] = violations;
        }
        if (status.GetDetail<ErrorInfo>() is { } info)
        {
            problem.Extensions["reason"] = info.Reason;
            problem.Extensions["metadata"] = info.Metadata;
        }
        if (status.Details.FirstOrDefault(d => d.Is(RetryInfo.Descriptor)) is { } retry)
        {
            var seconds = retry.Unpack<RetryInfo>().RetryDelay.ToTimeSpan().TotalSeconds;
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(seconds)).ToString(CultureInfo.InvariantCulture);
        }
        context.Response.StatusCode = http;
        return context.Response.WriteAsJsonAsync(problem, options: null, ProblemType);
    }

    /// <summary>An HTTP status that came without a body, of a path that does not exist, a request that is too large, or a service that nobody reaches.</summary>
    public static Task WriteProblemAsync(HttpContext context)
    {
        var http = context.Response.StatusCode;
        var request = context.Request;
        if (IsGrpc(request) && http is StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout)
        {
            // What is behind the gateway is in the path: /SERVICE/METHOD.
            return WriteAsync(context, StatusCode.Unavailable, $"No replica of {request.Path.Value?.Split('/').ElementAtOrDefault(1)} can be reached.", ComeAgain);
        }
        var problem = new ProblemDetails { Title = ReasonPhrases.GetReasonPhrase(http), Status = http };
        problem.Detail = http switch
        {
            StatusCodes.Status404NotFound => $"There is nothing at {request.Method} {request.Path}; GET /openapi/v1.json says what there is.",
            StatusCodes.Status405MethodNotAllowed => $"{request.Path} does not take {request.Method}; GET /openapi/v1.json says what it takes.",
            StatusCodes.Status413PayloadTooLarge =>
                $"The request is larger than {context.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.MaxRequestBytes} bytes, which is the most that is taken.",
            _ => null,
        };
        return IsGrpc(context.Request) ? Task.CompletedTask : context.Response.WriteAsJsonAsync(problem, options: null, ProblemType);
    }

    private static Status Of(StatusCode code, string message, TimeSpan? retryAfter)
    {
        var status = new Status { Code = (int)code, Message = message };
        if (retryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }
        return status;
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture);

    // The mapping that google/rpc/code.proto gives, and JSON transcoding uses.
    private static int Http(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => (int)HttpStatusCode.BadRequest,
        StatusCode.Unauthenticated => (int)HttpStatusCode.Unauthorized,
        StatusCode.PermissionDenied => (int)HttpStatusCode.Forbidden,
        StatusCode.NotFound => (int)HttpStatusCode.NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => (int)HttpStatusCode.Conflict,
        StatusCode.ResourceExhausted => (int)HttpStatusCode.TooManyRequests,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.Unimplemented => (int)HttpStatusCode.NotImplemented,
        StatusCode.Unavailable => (int)HttpStatusCode.ServiceUnavailable,
        StatusCode.DeadlineExceeded => (int)HttpStatusCode.GatewayTimeout,
        _ => (int)HttpStatusCode.InternalServerError,
    };
}
