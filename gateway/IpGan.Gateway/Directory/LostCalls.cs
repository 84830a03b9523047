using Grpc.Core;
using Grpc.Core.Interceptors;

namespace IpGan.Gateway.Directory;

/// <summary>Cancels what was asked of a replica when it is lost: nobody waits for the answer any longer.</summary>
/// <param name="lost">The replica's, as it is when a call begins.</param>
internal sealed class LostCalls(Func<CancellationToken> lost) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var either = CancellationTokenSource.CreateLinkedTokenSource(context.Options.CancellationToken, lost());
        var call = continuation(
            request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithCancellationToken(either.Token)));
        return new AsyncUnaryCall<TResponse>(EndAsync(), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);

        async Task<TResponse> EndAsync()
        {
            using (either)
            {
                return await call.ResponseAsync.ConfigureAwait(false);
            }
        }
    }
}
