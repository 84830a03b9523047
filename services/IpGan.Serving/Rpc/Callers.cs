using Grpc.Core;
using Microsoft.AspNetCore.Connections;

namespace IpGan.Serving.Rpc;

/// <summary>Callers who leave in the middle of a call.</summary>
internal static class Callers
{
    /// <summary>Whether a call failed because its caller has gone: reading and writing then fail in several ways, sometimes before the call is told.</summary>
    public static bool HaveGone(Exception exception, ServerCallContext context) => context.CancellationToken.IsCancellationRequested
        || exception is ConnectionAbortedException or ConnectionResetException
        || exception is IOException { InnerException: ConnectionAbortedException or ConnectionResetException };
}
