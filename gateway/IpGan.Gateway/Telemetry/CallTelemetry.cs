using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using IpGan.Gateway.Directory;
using IpGan.Telemetry;
using OpenTelemetry;

namespace IpGan.Gateway.Telemetry;

/// <summary>Calls to one replica: a span each, which the service's own span is under, and their time by role, method and status.</summary>
internal sealed class CallTelemetry(Histogram<double> calls, ReplicaAddress address) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var method = context.Method.FullName.TrimStart('/');
        var around = Activity.Current;
        var span = GatewaySpans.Call(method);
        if (span is null && !calls.Enabled)
        {
            return continuation(request, context);
        }
        var started = Stopwatch.GetTimestamp();
        var call = Start();
        // What the caller does meanwhile is not part of it.
        Activity.Current = around;
        return new AsyncUnaryCall<TResponse>(EndAsync(), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);

        AsyncUnaryCall<TResponse> Start()
        {
            if (span is null)
            {
                return continuation(request, context);
            }
            // The service's span comes right under this one: between them are gRPC's and HTTP's, which would say the same once more.
            var headers = new Metadata();
            foreach (var entry in context.Options.Headers ?? [])
            {
                headers.Add(entry);
            }
            DistributedContextPropagator.Current.Inject(span, headers, static (to, name, value) => ((Metadata)to!).Add(name, value));
            using var once = SuppressInstrumentationScope.Begin();
            return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }

        async Task<TResponse> EndAsync()
        {
            var status = StatusCode.OK;
            try
            {
                return await call.ResponseAsync.ConfigureAwait(false);
            }
            catch (Exception e)
            {
                status = e is RpcException rpc ? rpc.StatusCode : StatusCode.Cancelled;
                span?.SetStatus(ActivityStatusCode.Error, e.Message);
                throw;
            }
            finally
            {
                var tags = RpcDuration.Tags(method, RpcDuration.Name(status));
                tags.Add("role", address.Role);
                // Not by address: replicas come and go, and each would leave its own series behind.
                calls.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
                foreach (var (name, value) in span is null ? default : tags)
                {
                    span!.SetTag(name, value);
                }
                span?.SetTag("server.address", address.Uri.Host).SetTag("server.port", address.Uri.Port).Dispose();
            }
        }
    }
}
