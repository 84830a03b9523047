using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using IpGan.Inference;
using IpGan.Models;
using IpGan.Serving.Versions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static IpGan.Inference.ModelInferRequest.Types;

namespace IpGan.Serving.Tests.Rpc;

/// <summary>As a client of Triton or KServe calls: over a real connection.</summary>
public sealed class OpenInferenceTests : IAsyncDisposable
{
    private const string Space = "0000000a";
    private const int Size = 16;

    private readonly TemporaryFolder _root = new();
    private WebApplication? _app;
    private GrpcChannel? _channel;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_and_model_describe_themselves()
    {
        var client = await ServeAsync(ModelRole.PoseEncoder);

        Assert.True((await client.ServerLiveAsync(new(), cancellationToken: Cancel)).Live);
        Assert.True((await client.ServerReadyAsync(new(), cancellationToken: Cancel)).Ready);
        Assert.Equal("ipgan-pose-encoder", (await client.ServerMetadataAsync(new(), cancellationToken: Cancel)).Name);
        Assert.True((await client.ModelReadyAsync(new() { Name = "pose-encoder", Version = "1" }, cancellationToken: Cancel)).Ready);
        Assert.False((await client.ModelReadyAsync(new() { Name = "pose-encoder", Version = "2" }, cancellationToken: Cancel)).Ready);
        Assert.False((await client.ModelReadyAsync(new() { Name = "generator" }, cancellationToken: Cancel)).Ready);

        var model = await client.ModelMetadataAsync(new() { Name = "pose-encoder" }, cancellationToken: Cancel);
        Assert.Equal(("pose-encoder", "onnxruntime_onnx"), (model.Name, model.Platform));
        Assert.Equal(["1"], model.Versions);
        Assert.Equal(["image FP32 [-1, 3, 16, 16]"], model.Inputs.Select(Text));
        Assert.Equal(["pose FP32 [-1, 4]", "angles FP32 [-1, 3]"], model.Outputs.Select(Text));

        static string Text(ModelMetadataResponse.Types.TensorMetadata t) => $"{t.Name} {t.Datatype} [{string.Join(", ", t.Shape)}]";
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Encoder_answers_a_batch_as_its_own_api_does_and_names_the_space(bool raw)
    {
        var client = await ServeAsync(ModelRole.IdentityEncoder);
        var photos = new[] { Pictures.Square(1), Pictures.Square(2), Pictures.Square(3) };
        var planes = photos.SelectMany(p =>
        {
            var square = new float[3 * Size * Size];
            Imaging.FaceSquare.Read(p, null, Size, square);
            return square;
        }).ToArray();

        var response = await client.ModelInferAsync(Request("identity-encoder", "image", [3, 3, Size, Size], planes, raw), cancellationToken: Cancel);

        Assert.Equal(("identity-encoder", "1", "mine"), (response.ModelName, response.ModelVersion, response.Id));
        var output = Assert.Single(response.Outputs);
        Assert.Equal([3, TinyPackages.IdentityDimension], output.Shape);
        Assert.Equal(TinyPackages.IdentitySpace(Space), output.Parameters["space"].StringParam);
        var values = raw ? MemoryMarshal.Cast<byte, float>(response.RawOutputContents.Single().Span).ToArray() : [.. output.Contents.Fp32Contents];
        using var answers = PackageAnswers.Open(_root.Path, ModelRole.IdentityEncoder, 1);
        var expected = photos.SelectMany(p => answers.Embed(p)[0]).ToArray();
        Vectors.AssertClose(expected, values, 1e-5f);
    }

    [Fact]
    public async Task Only_the_outputs_that_are_asked_for_come()
    {
        var client = await ServeAsync(ModelRole.PoseEncoder);
        var request = Request("pose-encoder", "image", [1, 3, Size, Size], new float[3 * Size * Size], raw: true);
        request.Outputs.Add(new InferRequestedOutputTensor { Name = "angles" });

        var response = await client.ModelInferAsync(request, cancellationToken: Cancel);

        Assert.Equal("angles", Assert.Single(response.Outputs).Name);
        Assert.Single(response.RawOutputContents);
    }

    [Fact]
    public async Task Generator_draws_for_vectors_that_name_its_spaces_and_refuses_others()
    {
        var client = await ServeAsync(ModelRole.Generator);
        ModelInferRequest Ask(string? identitySpace)
        {
            var request = new ModelInferRequest { ModelName = "generator" };
            // The other way round than the manifest has them: names count.
            request.Inputs.Add(Tensor("pose", [1, TinyPackages.PoseDimension], new float[TinyPackages.PoseDimension]));
            request.Inputs.Add(Tensor("identity", [1, TinyPackages.IdentityDimension], [1, .. new float[TinyPackages.IdentityDimension - 1]]));
            request.Inputs[0].Parameters["space"] = new InferParameter { StringParam = TinyPackages.PoseSpace(Space) };
            if (identitySpace is not null)
            {
                request.Parameters["identity_space"] = new InferParameter { StringParam = identitySpace };
            }
            return request;
        }

        var response = await client.ModelInferAsync(Ask(TinyPackages.IdentitySpace(Space)), cancellationToken: Cancel);

        using var answers = PackageAnswers.Open(_root.Path, ModelRole.Generator, 1);
        var expected = answers.Draw([1, .. new float[TinyPackages.IdentityDimension - 1]], new float[TinyPackages.PoseDimension]);
        Vectors.AssertClose(expected, response.Outputs.Single().Contents.Fp32Contents, 1e-5f);
        foreach (var wrong in new[] { null, TinyPackages.IdentitySpace("0000000b") })
        {
            var error = await FailAsync(client, Ask(wrong), StatusCode.FailedPrecondition);
            Assert.Contains(TinyPackages.IdentitySpace(Space), error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_the_model_cannot_take_is_refused_with_what_it_can()
    {
        var client = await ServeAsync(ModelRole.IdentityEncoder);
        var planes = new float[3 * Size * Size];
        const string Name = "identity-encoder";
        long[] shape = [1, 3, Size, Size];

        await FailAsync(client, Request("face-painter", "image", shape, planes, raw: true), StatusCode.NotFound);
        var otherVersion = Request(Name, "image", shape, planes, raw: true);
        otherVersion.ModelVersion = "9";
        await FailAsync(client, otherVersion, StatusCode.NotFound);
        await FailAsync(client, new ModelInferRequest { ModelName = Name });
        await FailAsync(client, Request(Name, "picture", shape, planes, raw: true));
        await FailAsync(client, Request(Name, "image", [1, 3, Size, Size + 1], planes, raw: true));
        await FailAsync(client, Request(Name, "image", [], planes, raw: true));
        await FailAsync(client, Request(Name, "image", [0, 3, Size, Size], [], raw: true));
        await FailAsync(client, Request(Name, "image", [-1, 3, Size, Size], planes, raw: true));
        await FailAsync(client, Request(Name, "image", [65, 3, Size, Size], planes, raw: true));
        await FailAsync(client, Request(Name, "image", [long.MaxValue, 3, Size, Size], planes, raw: false));
        await FailAsync(client, Request(Name, "image", shape, planes[..^1], raw: true));
        await FailAsync(client, Request(Name, "image", shape, [.. planes[..^1], float.NaN], raw: false));
        var odd = Request(Name, "image", shape, planes, raw: true);
        odd.RawInputContents[0] = ByteString.CopyFrom(new byte[4 * planes.Length - 1]);
        await FailAsync(client, odd);
        odd.RawInputContents.Add(ByteString.Empty);
        await FailAsync(client, odd);
        var integers = Request(Name, "image", shape, planes, raw: true);
        integers.Inputs[0].Datatype = "INT32";
        await FailAsync(client, integers);
        var unknown = Request(Name, "image", shape, planes, raw: true);
        unknown.Outputs.Add(new InferRequestedOutputTensor { Name = "age" });
        Assert.Contains("there are identity", await FailAsync(client, unknown), StringComparison.Ordinal);

        await client.ModelInferAsync(Request(Name, "image", shape, planes, raw: true), cancellationToken: Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
        _root.Dispose();
    }

    private async Task<GRPCInferenceService.GRPCInferenceServiceClient> ServeAsync(ModelRole role)
    {
        TinyPackages.Publish(_root.Path, role, Space, 1, Size);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Models:Repository"] = _root.Path, ["Models:Device"] = "Cpu" });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.AddModelServing(role);
        _app = builder.Build();
        _app.MapModelServing();
        await _app.StartAsync(Cancel);
        var host = _app.Services.GetRequiredService<ModelHost>();
        await Versions.Bench.UntilAsync(() => host.IsReady);
        _channel = GrpcChannel.ForAddress(_app.Urls.Single());
        return new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    private static async Task<string> FailAsync(
        GRPCInferenceService.GRPCInferenceServiceClient client, ModelInferRequest request, StatusCode expected = StatusCode.InvalidArgument)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => client.ModelInferAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(expected, error.StatusCode);
        return error.Status.Detail;
    }

    private static InferInputTensor Tensor(string name, long[] shape, float[] values) =>
        new() { Name = name, Datatype = "FP32", Shape = { shape }, Contents = new InferTensorContents { Fp32Contents = { values } } };

    private static ModelInferRequest Request(string model, string input, long[] shape, float[] values, bool raw)
    {
        var request = new ModelInferRequest { ModelName = model, Id = "mine", Inputs = { Tensor(input, shape, values) } };
        if (raw)
        {
            request.Inputs[0].Contents = null;
            request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)));
        }
        return request;
    }
}
