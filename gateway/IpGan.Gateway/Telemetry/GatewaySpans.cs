using System.Diagnostics;
using IpGan.Gateway.Directory;

namespace IpGan.Gateway.Telemetry;

/// <summary>What a request's trace shows of its way through the gateway.</summary>
internal static class GatewaySpans
{
    private static readonly ActivitySource Source = new("IpGan.Gateway");

    /// <summary>Says on the current span which versions and spaces the request is served with.</summary>
    public static void Tag(Triple triple)
    {
        if (Activity.Current is { IsAllDataRequested: true } span)
        {
            span.SetTag("ipgan.triple.identity_encoder", triple.IdentityEncoder).SetTag("ipgan.triple.pose_encoder", triple.PoseEncoder)
                .SetTag("ipgan.triple.generator", triple.Generator).SetTag("ipgan.space.identity", triple.IdentitySpace).SetTag("ipgan.space.pose", triple.PoseSpace);
        }
    }

    /// <summary>A call to a service.</summary>
    public static Activity? Call(string method) => Source.StartActivity(method, ActivityKind.Client);

    /// <summary>
    /// One request of a stream: a trace of its own, linked to the stream's, which could otherwise grow without end. Until disposed it is the current one.
    /// </summary>
    public static Activity? Item(string name)
    {
        if (!Source.HasListeners() || Activity.Current is not { } stream)
        {
            return null;
        }
        Activity.Current = null;
        return Source.StartActivity(name, ActivityKind.Internal, parentContext: default, links: [new ActivityLink(stream.Context)]);
    }
}
