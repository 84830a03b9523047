using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using IpGan.Gateway.Errors;
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

    private readonly Lock _taking = new();
    private long _taken;

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
        var own = 0L;
        bool Take(long bytes)
        {
            // What is larger is refused, and not read to its end.
            bytes = Math.Min(bytes, options.Value.MaxRequestBytes);
            lock (_taking)
            {
                if (_taken + bytes > options.Value.MaxBytesInFlight)
                {
                    return false;
                }
                _taken += bytes;
                own += bytes;
                return true;
            }
        }
        try
        {
            var length = context.Request.ContentLength;
            if (length is null && Refusal.IsGrpc(context.Request))
            {
                // The rule with gRPC: the length stands before the message.
                context.Features.Set<IRequestBodyPipeFeature>(
                    new MessageReader(context.Request.BodyReader, Take, () => Refusal.Exception(StatusCode.ResourceExhausted, Words, ComeAgain)));
            }
            else if (!Take(length ?? await LengthAsync(context.Request)))
            {
                await Refusal.WriteAsync(context, StatusCode.ResourceExhausted, Words, ComeAgain);
                return;
            }
            await next(context);
        }
        finally
        {
            lock (_taking)
            {
                _taken -= own;
            }
        }
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

    /// <summary>Asks for a message's bytes when its length has come, and before the rest is waited for.</summary>
    private sealed class MessageReader(PipeReader inner, Func<long, bool> take, Func<RpcException> refusal) : PipeReader, IRequestBodyPipeFeature
    {
        // Compression flag and length.
        private const int HeaderBytes = 5;

        private bool _asked;

        public PipeReader Reader => this;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken);
            if (!_asked && result.Buffer.Length >= HeaderBytes)
            {
                _asked = true;
                if (!take(HeaderBytes + LengthIn(result.Buffer)))
                {
                    inner.AdvanceTo(result.Buffer.End);
                    throw refusal();
                }
            }
            return result;
        }

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        private static long LengthIn(ReadOnlySequence<byte> message)
        {
            Span<byte> length = stackalloc byte[sizeof(uint)];
            message.Slice(HeaderBytes - sizeof(uint), sizeof(uint)).CopyTo(length);
            return BinaryPrimitives.ReadUInt32BigEndian(length);
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
