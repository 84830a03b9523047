using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using IpGan.Gateway.Access;
using IpGan.Serving.Rpc;

namespace IpGan.Gateway.Errors;

/// <summary>Knows that a handler was reached, and makes of what nobody foresaw there INTERNAL, and a line in the log.</summary>
internal sealed partial class FailureInterceptor(ILogger<FailureInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        UnreadableMessages.MarkReached(context.GetHttpContext());
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (e is not RpcException || TokenEnd.Of(context.GetHttpContext()) is not null)
        {
            throw Translate(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        UnreadableMessages.MarkReached(context.GetHttpContext());
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException || TokenEnd.Of(context.GetHttpContext()) is not null)
        {
            throw Translate(e, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        UnreadableMessages.MarkReached(context.GetHttpContext());
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (InvalidProtocolBufferException)
        {
            // A stream's messages are read by its handler.
            throw new RpcException(new Status(StatusCode.InvalidArgument, UnreadableMessages.Words));
        }
        catch (Exception e) when (e is not RpcException || TokenEnd.Of(context.GetHttpContext()) is not null)
        {
            throw Translate(e, context);
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        if (TokenEnd.Of(context.GetHttpContext()) is { } ended)
        {
            return new RpcException(ended);
        }
        // Not worth a line in the log.
        if (exception is OperationCanceledException || Callers.HaveGone(exception, context))
        {
            return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
        }
        Log.Unexpected(logger, exception, context.Method);
        return new RpcException(new Status(StatusCode.Internal, "The gateway failed; its log says why."));
    }

    private static partial class Log
    {
        [LoggerMessage(60, LogLevel.Error, "{Method} failed in a way that nobody foresaw.")]
        public static partial void Unexpected(ILogger logger, Exception exception, string method);
    }
}
