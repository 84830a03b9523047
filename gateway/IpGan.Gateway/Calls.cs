using Grpc.Core;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway;

/// <summary>Options of the calls that the gateway makes on behalf of a caller.</summary>
internal sealed class Calls(IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Of a call that is made now. Cancelled with the caller; late when the caller's deadline or the configured time-out has passed, whichever comes first.</summary>
    public CallOptions For(ServerCallContext context)
    {
        var limit = time.GetUtcNow().UtcDateTime + options.Value.CallTimeout;
        return new CallOptions(deadline: context.Deadline < limit ? context.Deadline : limit, cancellationToken: context.CancellationToken);
    }
}
