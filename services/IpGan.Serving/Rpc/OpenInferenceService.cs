using Grpc.Core;
using IpGan.Inference;
using IpGan.Models;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;

namespace IpGan.Serving.Rpc;

/// <summary>The Open Inference Protocol: the network on its own tensors, for clients that know nothing of faces.</summary>
public sealed class OpenInferenceService(ModelHost host, WorkQueue queue) : GRPCInferenceService.GRPCInferenceServiceBase
{
    private const string Platform = "onnxruntime_onnx";

    /// <inheritdoc />
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = true });

    /// <inheritdoc />
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = host.IsReady });

    /// <inheritdoc />
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = request.Name == host.Role.Name() && Versions().Any(v => request.Version.Length == 0 || request.Version == v) });

    /// <inheritdoc />
    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) => Task.FromResult(new ServerMetadataResponse
    {
        Name = $"ipgan-{host.Role.Name()}",
        Version = typeof(OpenInferenceService).Assembly.GetName().Version?.ToString(3) ?? "",
    });

    /// <inheritdoc />
    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        using var lease = Acquire(request.Name, request.Version);
        static ModelMetadataResponse.Types.TensorMetadata Describe(TensorSignature signature) =>
            new() { Name = signature.Name, Datatype = InferTensors.DataType, Shape = { signature.Shape.Select(d => (long)d) } };
        var manifest = lease.Model.Manifest;
        return Task.FromResult(new ModelMetadataResponse
        {
            Name = host.Role.Name(),
            Versions = { Versions() },
            Platform = Platform,
            Inputs = { manifest.Inputs.Select(Describe) },
            Outputs = { manifest.Outputs.Select(Describe) },
        });
    }

    /// <inheritdoc />
    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        using var lease = Acquire(request.ModelName, request.ModelVersion);
        var model = lease.Model;
        var (batch, inputs) = InferTensors.Read(request, model.Manifest);
        var wanted = InferTensors.Wanted(request, model.Manifest);
        var outputs = await queue.RunAsync(() =>
        {
            // Here and not before: what waits is held in memory.
            var answers = model.Manifest.Outputs.Select(o => new float[batch * o.Shape.Skip(1).Aggregate(1, (a, b) => a * b)]).ToArray();
            model.Run(batch, inputs, [.. answers.Select(a => a.AsMemory())]);
            return answers;
        }, wait: false, context.CancellationToken);
        var response = new ModelInferResponse { ModelName = host.Role.Name(), ModelVersion = model.VersionText, Id = request.Id };
        foreach (var (signature, values) in model.Manifest.Outputs.Zip(outputs).Where(o => wanted.Contains(o.First.Name)))
        {
            InferTensors.Write(response, signature, batch, values, model.Manifest, raw: request.RawInputContents.Count > 0);
        }
        return response;
    }

    private ModelLease Acquire(string name, string version) => name == host.Role.Name()
        ? host.Acquire(version)
        : throw new VersionNotLoadedException($"There is no model '{name}' here; there is '{host.Role.Name()}'.");

    private IEnumerable<string> Versions() =>
        host.Describe().Models.Where(m => m.State is V1.ModelState.Ready or V1.ModelState.Draining or V1.ModelState.Canary).Select(m => m.Version);
}
