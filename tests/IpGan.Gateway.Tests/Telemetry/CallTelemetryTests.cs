using System.Diagnostics.Metrics;
using System.Net;
using Grpc.Core;
using Grpc.Core.Interceptors;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Telemetry;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Telemetry;

public sealed class CallTelemetryTests
{
    [Fact]
    public async Task A_call_is_measured_by_the_role_of_its_replica_and_not_by_the_address()
    {
        using var meter = new Meter("calls");
        var calls = meter.CreateHistogram<double>("time");
        var labels = new List<string>();
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => labels.AddRange(tags.ToArray().Select(t => $"{t.Key}={t.Value}")));
        listener.EnableMeasurementEvents(calls);
        var telemetry = new CallTelemetry(calls, new ReplicaAddress(Roles.Generator, new Uri("http://generator:8081"), IPAddress.Loopback));
        var method = new Method<GenerateRequest, GenerateResponse>(MethodType.Unary, "ipgan.v1.Generator", "Generate",
            Marshallers.Create<GenerateRequest>(_ => [], _ => new()), Marshallers.Create<GenerateResponse>(_ => [], _ => new()));

        await telemetry.AsyncUnaryCall(new GenerateRequest(), new ClientInterceptorContext<GenerateRequest, GenerateResponse>(method, null, default),
            (_, _) => new AsyncUnaryCall<GenerateResponse>(Task.FromResult(new GenerateResponse()), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { }));

        Assert.Equal(["role=generator", "rpc.method=ipgan.v1.Generator/Generate", "rpc.response.status_code=OK", "rpc.system.name=grpc"], labels.Order(StringComparer.Ordinal));
    }
}
