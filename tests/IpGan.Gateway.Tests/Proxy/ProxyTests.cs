using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Proxy;

public sealed class ProxyTests(TinyCluster cluster) : IClassFixture<TinyCluster>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_services_stream_passes_through_the_gateway()
    {
        using var call = new IdentityEncoder.IdentityEncoderClient(cluster.Gateway.Channel).EmbedStream(cancellationToken: Cancel);
        for (var i = 0; i < 10; i++)
        {
            // Answered before the next is sent: nothing on the way waits for the stream's end.
            var image = new Image { Content = ByteString.CopyFrom(Pictures.Square(i)), Cropped = true };
            await call.RequestStream.WriteAsync(new EmbedRequest { Image = image, Id = $"{i}" }, Cancel);
            Assert.True(await call.ResponseStream.MoveNext(Cancel));
            Assert.Equal($"{i}", call.ResponseStream.Current.Id);
            Vectors.AssertClose(cluster.Identity(Pictures.Square(i)), call.ResponseStream.Current.Embedding.Values, 1e-5f);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancel));
    }

    [Fact]
    public async Task A_services_refusal_passes_through_with_its_words_and_details()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            new PoseEncoder.PoseEncoderClient(cluster.Gateway.Channel).EmbedAsync(new EmbedRequest(), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("image is missing", error.Status.Detail, StringComparison.Ordinal);
        var violation = Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations);
        Assert.Equal(("image", error.Status.Detail), (violation.Field, violation.Description));
    }

    [Fact]
    public async Task A_method_that_is_none_is_unimplemented()
    {
        var method = new Method<EmbedRequest, EmbedPoseResponse>(MethodType.Unary, "ipgan.v1.PoseEncoder", "Guess",
            Marshallers.Create(r => r.ToByteArray(), EmbedRequest.Parser.ParseFrom), Marshallers.Create(r => r.ToByteArray(), EmbedPoseResponse.Parser.ParseFrom));
        using var call = cluster.Gateway.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(cancellationToken: Cancel), new EmbedRequest());
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task A_service_that_nobody_reaches_is_unavailable_in_words_with_advice_when_to_come_again()
    {
        // Nobody listens there.
        var settings = new[] { "IdentityEncoders", "PoseEncoders", "Generators" }.ToDictionary(r => $"Gateway:{r}:0", _ => "http://127.0.0.1:1");
        await using var alone = await HostProcess.StartAsync("IpGan.Gateway", settings, waitForReady: false, cancel: Cancel);
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            new PoseEncoder.PoseEncoderClient(alone.Channel).EmbedAsync(new EmbedRequest(), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("ipgan.v1.PoseEncoder", error.Status.Detail, StringComparison.Ordinal);
        Assert.NotNull(error.GetRpcStatus()?.GetDetail<RetryInfo>());
        Assert.NotNull(error.Trailers.GetValue("grpc-retry-pushback-ms"));
    }

    [Fact]
    public async Task Health_and_reflection_answer()
    {
        var health = await new Health.HealthClient(cluster.Gateway.Channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        using var call = new ServerReflection.ServerReflectionClient(cluster.Gateway.Channel).ServerReflectionInfo(cancellationToken: Cancel);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, Cancel);
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name).ToList();
        foreach (var service in new[] { "FaceRotation", "IdentityEncoder", "PoseEncoder", "Generator", "ModelControl" })
        {
            Assert.Contains($"ipgan.v1.{service}", names);
        }
        await call.RequestStream.CompleteAsync();
    }
}
