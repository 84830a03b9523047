using IpGan.Gateway.Directory;
using IpGan.Gateway.Proxy;
using IpGan.Gateway.Tests.Directory;
using IpGan.V1;
using Yarp.ReverseProxy.Model;

namespace IpGan.Gateway.Tests.Proxy;

public sealed class AnsweringReplicasTests
{
    private static readonly ServiceInfo Answers = At("http://a", Services.Service(Roles.Generator, "1*/A"));
    private static readonly ServiceInfo Lost = At("http://b", Answers.Unreachable());
    private static readonly ServiceInfo Empty = At("http://c", Services.Service(Roles.Generator));

    private static ServiceInfo At(string address, ServiceInfo service)
    {
        service.Address = address;
        return service;
    }

    private static IEnumerable<string> Among(params ServiceInfo[] services) => AnsweringReplicas.Among(
        [.. services.Select(s => new DestinationState(s.Address))], Roles.Generator, new DirectoryState([.. services], [.. services.Select(_ => (ServiceInfo?)null)], null)).Select(r => r.DestinationId);

    [Fact]
    public void Lost_replicas_and_those_without_a_model_get_no_calls() => Assert.Equal(["http://a"], Among(Lost, Answers, Empty));

    [Fact]
    public void Where_none_answers_all_are_asked() => Assert.Equal(["http://b", "http://c"], Among(Lost, Empty));
}
