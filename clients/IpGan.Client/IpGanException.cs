using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace IpGan.Client;

/// <summary>A call that failed, after all its retries. The message is for people: it says what was wrong and what would be right.</summary>
/// <param name="status">What kind of failure it is.</param>
/// <param name="message">In the gateway's words.</param>
/// <param name="inner">What was thrown below, if anything was.</param>
public sealed class IpGanException(StatusCode status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure it is, e.g. INVALID_ARGUMENT for a picture that cannot be used.</summary>
    public StatusCode Status { get; } = status;

    /// <summary>The same request may succeed later.</summary>
    public bool IsTransient => Transient(Status);

    internal static bool Transient(StatusCode status) => status is StatusCode.Unavailable or StatusCode.ResourceExhausted;

    /// <summary>What gRPC throws: most of it its own, but what a broken connection throws comes through as it is.</summary>
    internal static bool IsOfCall(Exception e) => e is RpcException or IOException or HttpRequestException;

    /// <param name="e">What the call threw.</param>
    /// <param name="addresses">Of the gateways: a call that reached none is about them.</param>
    internal static IpGanException From(Exception e, IReadOnlyList<Uri> addresses)
    {
        var (status, below) = e is RpcException rpc ? (rpc.Status, rpc.Status.DebugException) : (new Status(StatusCode.Unavailable, ""), e);
        var cause = below?.GetBaseException();
        if (cause is SocketException or IOException or AuthenticationException)
        {
            var where = string.Join(", ", addresses.Select(a => a.GetLeftPart(UriPartial.Authority)));
            // A certificate that is not trusted will not be so later.
            return new IpGanException(cause is AuthenticationException ? status.StatusCode : StatusCode.Unavailable, $"No gateway answers at {where}: {cause.Message}", e);
        }
        return new IpGanException(status.StatusCode, status.Detail.Length > 0 ? status.Detail : $"The call failed: {status.StatusCode}.", e);
    }

    internal static IpGanException? From(Google.Rpc.Status? error) => error is null ? null : new IpGanException((StatusCode)error.Code, error.Message);
}
