using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using IpGan.Imaging;
using IpGan.Models;
using Microsoft.Extensions.Logging;

namespace IpGan.Serving.Rpc;

/// <summary>The one place where what went wrong becomes a gRPC status.</summary>
public sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
    /// <inheritdoc />
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    /// <inheritdoc />
    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    /// <inheritdoc />
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    /// <summary>An item's failure as its answer in a stream carries it.</summary>
    public Google.Rpc.Status ToItem(Exception exception) => ErrorDetails.Of(exception, StatusOf(exception));

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        // Not worth a line in the log.
        if (Callers.HaveGone(exception, context))
        {
            return new RpcException(new Status(StatusCode.Cancelled, "The caller has gone."));
        }
        var status = StatusOf(exception);
        return new RpcException(status, ErrorDetails.Trailers(exception, status));
    }

    private Status StatusOf(Exception exception)
    {
        var code = exception switch
        {
            PictureException or InvalidRequestException or InvalidProtocolBufferException => StatusCode.InvalidArgument,
            SpaceMismatchException or VersionRejectedException or NoFinderException => StatusCode.FailedPrecondition,
            VersionNotLoadedException or NoFaceException => StatusCode.NotFound,
            AnglesOutOfReachException => StatusCode.OutOfRange,
            NoModelException => StatusCode.Unavailable,
            QueueFullException => StatusCode.ResourceExhausted,
            OperationCanceledException => StatusCode.Cancelled,
            _ => StatusCode.Internal,
        };
        if (code == StatusCode.Internal)
        {
            Log.Unexpected(logger, exception);
            return new Status(code, "The service failed; its log says why.");
        }
        return new Status(code, exception.Message.Shortened());
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Error, "A request failed in a way that nobody foresaw.")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
