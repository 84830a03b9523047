using Grpc.Core;
using Grpc.Net.Client;
using IpGan.Gateway.Errors;
using IpGan.Serving.Rpc;
using IpGan.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IpGan.Gateway.Tests.Errors;

/// <summary>Handlers that fail, and bytes that reach none.</summary>
public sealed class FailureInterceptorTests : IAsyncLifetime
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    private readonly KeptLog<FailureInterceptor> _log = new();
    private WebApplication? _app;
    private GrpcChannel? _channel;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // Empty: the gateway's appsettings.json lies beside the tests, and is not meant for this server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<ILogger<FailureInterceptor>>(_log);
        builder.Services.AddRouting().AddGrpc(grpc => grpc.Interceptors.Add<FailureInterceptor>());
        _app = builder.Build();
        _app.UseReadableMessages(4 << 20);
        _app.MapGrpcService<Failing>();
        await _app.StartAsync(Cancel);
        _channel = GrpcChannel.ForAddress(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private async Task<Status> FailureAsync(string id) => (await Assert.ThrowsAsync<RpcException>(
        () => new FaceRotation.FaceRotationClient(_channel!).RotateAsync(new RotateRequest { Id = id }, cancellationToken: Cancel).ResponseAsync)).Status;

    private static Method<byte[], byte[]> Method(MethodType type, string name) => new(type, FaceRotation.Descriptor.FullName, name, Bytes, Bytes);

    [Fact]
    public async Task What_nobody_foresaw_is_internal_and_in_the_log()
    {
        var status = await FailureAsync("unforeseen");
        Assert.Equal((StatusCode.Internal, "The gateway failed; its log says why."), (status.StatusCode, status.Detail));
        Assert.Equal("Error: /ipgan.v1.FaceRotation/Rotate failed in a way that nobody foresaw. Who would have thought.", Assert.Single(_log.Lines));
    }

    [Fact]
    public async Task What_a_handler_calls_unknown_stays_unknown()
    {
        var status = await FailureAsync("unknown");
        Assert.Equal((StatusCode.Unknown, "Who knows."), (status.StatusCode, status.Detail));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Bytes_that_are_no_message_are_the_callers_mistake_also_in_a_stream()
    {
        // A field's number that never ends.
        byte[] none = [0xff];
        var invoker = _channel!.CreateCallInvoker();
        var single = await Assert.ThrowsAsync<RpcException>(
            () => invoker.AsyncUnaryCall(Method(MethodType.Unary, "Rotate"), null, new CallOptions(cancellationToken: Cancel), none).ResponseAsync);
        Assert.Equal((StatusCode.InvalidArgument, UnreadableMessages.Words), (single.StatusCode, single.Status.Detail));

        using var stream = invoker.AsyncDuplexStreamingCall(Method(MethodType.DuplexStreaming, "RotateStream"), null, new CallOptions(cancellationToken: Cancel));
        await stream.RequestStream.WriteAsync(none, Cancel);
        var item = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancel));
        Assert.Equal((StatusCode.InvalidArgument, UnreadableMessages.Words), (item.StatusCode, item.Status.Detail));
        Assert.Empty(_log.Lines);
    }

    private sealed class Failing : FaceRotation.FaceRotationBase
    {
        public override Task<RotateResponse> Rotate(RotateRequest request, ServerCallContext context) => request.Id == "unknown"
            ? throw new RpcException(new Status(StatusCode.Unknown, "Who knows.")) : Task.FromException<RotateResponse>(new InvalidOperationException("Who would have thought."));

        public override async Task RotateStream(
            IAsyncStreamReader<RotateRequest> requestStream, IServerStreamWriter<RotateResponse> responseStream, ServerCallContext context) =>
            await requestStream.MoveNext(context.CancellationToken);
    }
}
