using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using IpGan.V1;

namespace IpGan.Gateway.Tests;

/// <summary>Browsers' gRPC, over HTTP/1.1.</summary>
public sealed class GrpcWebTests(TinyCluster cluster) : IClassFixture<TinyCluster>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private GrpcChannel Channel(GrpcWebMode mode) => GrpcChannel.ForAddress(cluster.Gateway.HttpAddress, new GrpcChannelOptions
    {
        HttpHandler = new GrpcWebHandler(mode, new HttpClientHandler()),
        HttpVersion = HttpVersion.Version11,
    });

    [Theory]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task The_gateways_calls_and_those_of_services_work(GrpcWebMode mode)
    {
        using var channel = Channel(mode);
        var photo = new Image { Content = ByteString.CopyFrom(Pictures.Square(3)) };
        var embedded = await new IdentityEncoder.IdentityEncoderClient(channel).EmbedAsync(new EmbedRequest { Image = photo }, cancellationToken: Cancel);
        Vectors.AssertClose(cluster.Identity(Pictures.Square(3)), embedded.Embedding.Values, 1e-5f);
        var rotated = await new FaceRotation.FaceRotationClient(channel).RotateAsync(
            new RotateRequest { Source = new RotationSource { Image = photo }, Targets = { new RotationTarget { Angles = new Angles { Yaw = 20 } } } }, cancellationToken: Cancel);
        Assert.Single(rotated.Images);
    }

    [Fact]
    public async Task Models_can_be_watched()
    {
        using var channel = Channel(GrpcWebMode.GrpcWeb);
        using var call = new ModelControl.ModelControlClient(channel).WatchModels(new WatchModelsRequest(), cancellationToken: Cancel);
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        Assert.Equal(3, call.ResponseStream.Current.Services.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Errors_have_their_status_and_words(bool atService)
    {
        using var channel = Channel(GrpcWebMode.GrpcWeb);
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            if (atService)
            {
                await new IdentityEncoder.IdentityEncoderClient(channel).EmbedAsync(new EmbedRequest(), cancellationToken: Cancel);
            }
            else
            {
                await new FaceRotation.FaceRotationClient(channel).RotateAsync(new RotateRequest(), cancellationToken: Cancel);
            }
        });
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("is missing", error.Status.Detail, StringComparison.Ordinal);
    }
}
