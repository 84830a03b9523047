using System.Buffers;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using IpGan.Gateway.Errors;
using IpGan.Serving.Rpc;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>
/// How many bytes of requests may be in memory at once, of all callers together. A stream's messages are bounded one by one, and what is passed on to a service
/// is not kept: neither counts.
/// </summary>
internal sealed class RequestBudget(IOptions<GatewayOptions> options)
{
    // As much of a REST request that does not say its length is read to see whether that is all.
    private const int Small = 64 * 1024;
    private static readonly TimeSpan ComeAgain = TimeSpan.FromSeconds(1);

    private readonly MessageBudget _budget = new(options.Value.MaxBytesInFlight, options.Value.MaxRequestBytes);

    private string Words => $"The requests that the gateway works on have {options.Value.MaxBytesInFlight} bytes together, which is the most, or would have with "
        + $"this one; wait {ComeAgain.TotalSeconds} s, or send less at once.";

    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata is { } endpoint && endpoint.GetMetadata<GrpcMethodMetadata>() is { Method.Type: MethodType.Unary or MethodType.ServerStreaming }
        // Health is asked for by those who would restart the process; what they may send is bounded by itself.
        && endpoint.GetMetadata<IAllowAnonymous>() is null
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false }
            ? CountAsync(context, next) : next(context);

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        using var share = _budget.Open();
        var length = context.Request.ContentLength;
        if (length is null && Refusal.IsGrpc(context.Request))
        {
            // The rule with gRPC: the length stands before the message.
            context.Features.Set<IRequestBodyPipeFeature>(
                new MessageReader(context.Request.BodyReader, share.TryTake, () => Refusal.Exception(StatusCode.ResourceExhausted, Words, ComeAgain)));
        }
        else if (!share.TryTake(length ?? await LengthAsync(context.Request)))
        {
            await Refusal.WriteAsync(context, StatusCode.ResourceExhausted, Words, ComeAgain);
            return;
        }
        await next(context);
    }

    /// <summary>The bytes of a small request; for any other the most that there may be.</summary>
    private static async Task<long> LengthAsync(HttpRequest request)
    {
        // Never on disk: a container may have none that it can write to, and the server bounds the request.
        request.EnableBuffering(bufferThreshold: int.MaxValue);
        var start = ArrayPool<byte>.Shared.Rent(Small);
        try
        {
            var read = await request.Body.ReadAtLeastAsync(start.AsMemory(0, Small), Small, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
            request.Body.Position = 0;
            return read < Small ? read : long.MaxValue;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(start);
        }
    }
}

/// <summary>Puts <see cref="RequestBudget"/> into the pipeline.</summary>
internal static class RequestBudgetExtensions
{
    /// <summary>Behind whatever refuses without a look at the body, before whatever reads it.</summary>
    public static void UseRequestBudget(this WebApplication app)
    {
        var budget = new RequestBudget(app.Services.GetRequiredService<IOptions<GatewayOptions>>());
        app.Use(next => context => budget.InvokeAsync(context, next));
    }
}
