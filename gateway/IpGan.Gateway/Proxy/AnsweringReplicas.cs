using IpGan.Gateway.Directory;
using Yarp.ReverseProxy.Model;

namespace IpGan.Gateway.Proxy;

/// <summary>Keeps what is passed on away from replicas that the directory knows to be lost or without a model.</summary>
internal static class AnsweringReplicas
{
    /// <summary>Before a replica is chosen.</summary>
    public static void UseAnsweringReplicas(this IReverseProxyApplicationBuilder proxy)
    {
        var directory = proxy.ApplicationServices.GetRequiredService<ServiceDirectory>();
        proxy.Use((context, next) =>
        {
            var call = context.GetReverseProxyFeature();
            call.AvailableDestinations = Among(call.AvailableDestinations, call.Cluster.Config.ClusterId, directory.State);
            return next(context);
        });
    }

    /// <summary>Those that answer; all where none does: whoever is asked says why, and the directory may not have seen one that has just come.</summary>
    internal static IReadOnlyList<DestinationState> Among(IReadOnlyList<DestinationState> replicas, string role, DirectoryState state)
    {
        var answering = replicas.Where(r => state.Answering.Contains((role, r.DestinationId))).ToList();
        return answering.Count == 0 ? replicas : answering;
    }
}
