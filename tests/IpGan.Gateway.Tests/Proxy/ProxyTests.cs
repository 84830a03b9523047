using Google.Protobuf;
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
            Assert.All(cluster.Identity(Pictures.Square(i)).Zip(call.ResponseStream.Current.Embedding.Values), p => Assert.Equal(p.First, p.Second, 1e-5f));
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancel));
    }

    [Fact]
    public async Task A_services_refusal_passes_through_with_its_words()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            new PoseEncoder.PoseEncoderClient(cluster.Gateway.Channel).EmbedAsync(new EmbedRequest(), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("image is missing", error.Status.Detail, StringComparison.Ordinal);
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
