using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using IpGan.Serving.Rpc;
using IpGan.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace IpGan.Client.Tests;

/// <summary>A gRPC server on a real socket whose answers, refusals and broken streams are the test's.</summary>
internal sealed class ScriptedGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _streams;

    private ScriptedGateway(WebApplication app) => _app = app;

    /// <summary>Answers a request; an exception becomes the call's end, in a stream the item's error.</summary>
    public Func<RotateRequest, ServerCallContext, Task<RotateResponse>> Answer { get; set; } = (request, _) => Task.FromResult(Echo(request.Id));

    /// <summary>Answers a stream gives before it breaks; by its number, from 0. Null: it does not.</summary>
    public Func<int, int?> StreamBreaksAfter { get; set; } = _ => null;

    /// <summary>What a stream breaks with.</summary>
    public Status StreamBreaksWith { get; set; } = new(StatusCode.Unavailable, "Gone.");

    /// <summary>Whether a stream is refused for lack of room when it is opened.</summary>
    public Func<bool> StreamIsRefused { get; set; } = () => false;

    /// <summary>Bytes; one that is larger ends a stream.</summary>
    public const int LargestMessage = 4 << 20;

    /// <summary>Ids of all requests, as they came.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    /// <summary>Streams that were opened.</summary>
    public int Streams => _streams;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <param name="certificate">For TLS.</param>
    /// <param name="readable">Says of a message that is too large what the gateway says, and not gRPC's own words.</param>
    public static async Task<ScriptedGateway> StartAsync(X509Certificate2? certificate = null, bool readable = true)
    {
        // Empty: the settings of the gateway proper lie beside this program, and its ports are not meant here.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        builder.Services.AddRouting().AddGrpc(grpc => grpc.MaxReceiveMessageSize = LargestMessage);
        builder.Services.AddSingleton<Service>();
        var app = builder.Build();
        var gateway = new ScriptedGateway(app);
        app.Services.GetRequiredService<Service>().Gateway = gateway;
        if (readable)
        {
            app.UseReadableMessages(LargestMessage);
        }
        app.MapGrpcService<Service>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return gateway;
    }

    /// <summary>An answer whose one picture tells which request it is for.</summary>
    public static RotateResponse Echo(string id) => new()
    {
        Id = id,
        Identity = new Embedding { Space = "identity-a", Values = { 1 } },
        Images = { new RotatedImage { Content = Google.Protobuf.ByteString.CopyFromUtf8(id), Pose = new Embedding { Space = "pose-a", Values = { 1 } } } },
        Models = new ModelTriple(),
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private sealed class Service : FaceRotation.FaceRotationBase
    {
        public ScriptedGateway Gateway { get; set; } = null!;

        public override Task<RotateResponse> Rotate(RotateRequest request, ServerCallContext context)
        {
            Gateway.Seen.Enqueue(request.Id);
            return Gateway.Answer(request, context);
        }

        public override async Task RotateStream(
            IAsyncStreamReader<RotateRequest> requestStream, IServerStreamWriter<RotateResponse> responseStream, ServerCallContext context)
        {
            var limit = Gateway.StreamBreaksAfter(Interlocked.Increment(ref Gateway._streams) - 1);
            if (Gateway.StreamIsRefused())
            {
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "Too many calls."));
            }
            for (var answers = 0; await requestStream.MoveNext(); answers++)
            {
                if (answers == limit)
                {
                    throw new RpcException(Gateway.StreamBreaksWith);
                }
                var request = requestStream.Current;
                Gateway.Seen.Enqueue(request.Id);
                RotateResponse response;
                try
                {
                    response = await Gateway.Answer(request, context);
                }
                catch (RpcException e)
                {
                    response = new RotateResponse { Id = request.Id, Error = new Google.Rpc.Status { Code = (int)e.StatusCode, Message = e.Status.Detail } };
                }
                await responseStream.WriteAsync(response);
            }
        }
    }
}
