using Grpc.Core;
using IpGan.Serving;
using IpGan.Serving.Rpc;
using IpGan.Serving.Versions;
using IpGan.V1;

namespace IpGan.IdentityEncoder;

/// <summary>Photo in, identity vector out; and vectors of older spaces into the model's own.</summary>
public sealed class IdentityEncoderService(ModelCalls calls) : V1.IdentityEncoder.IdentityEncoderBase
{
    private const int MaxBridged = 1000;

    /// <inheritdoc />
    public override Task<EmbedIdentityResponse> Embed(EmbedRequest request, ServerCallContext context) =>
        EmbedAsync(request, wait: false, context.CancellationToken);

    /// <inheritdoc />
    public override Task EmbedStream(
        IAsyncStreamReader<EmbedRequest> requestStream, IServerStreamWriter<EmbedIdentityResponse> responseStream, ServerCallContext context) =>
        calls.StreamAsync(
            requestStream, responseStream, (request, cancel) => EmbedAsync(request, wait: true, cancel),
            (request, error) => new EmbedIdentityResponse { Id = request.Id, Error = error }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<BridgeResponse> Bridge(BridgeRequest request, ServerCallContext context) => request.Embeddings.Count is > 0 and <= MaxBridged
        ? calls.RunAsync(request.ModelVersion, model => new BridgeResponse { Embeddings = { request.Embeddings.Select((e, i) => Bridge(model, e, i)) } },
            wait: false, context.CancellationToken)
        : throw new InvalidRequestException($"There are {request.Embeddings.Count} embeddings; send 1 to {MaxBridged}.", "embeddings");

    private static Embedding Bridge(LoadedModel model, Embedding old, int index)
    {
        var (name, into) = ($"embeddings[{index}]", model.Manifest.IdentitySpace!.Name);
        if (!model.Bridges.TryGetValue(old.Space, out var bridge))
        {
            throw new SpaceMismatchException($"{name} is in space '{old.Space}'; version {model.VersionText}, whose space is '{into}', "
                + (model.Bridges.Count == 0 ? "has no bridges." : $"has bridges from {string.Join(", ", model.Bridges.Keys.Select(k => $"'{k}'"))}."), name);
        }
        var from = model.Manifest.Bridges!.First(b => b.From.Name == old.Space).From;
        var vector = new float[from.Dimension];
        VectorInput.Copy(name, old, from, vector);
        VectorInput.Normalize(name, vector);
        return new Embedding { Values = { bridge.Cross(vector) }, Space = into, ModelVersion = $"{model.VersionText} via bridge from {old.ModelVersion} of {old.Space}" };
    }

    private Task<EmbedIdentityResponse> EmbedAsync(EmbedRequest request, bool wait, CancellationToken cancel) =>
        calls.EmbedAsync(request, (model, outputs, source) => new EmbedIdentityResponse
        {
            Embedding = Embedding(model, outputs[0]),
            Crop = source.Crop,
            Face = source.Face,
            Id = request.Id,
        }, wait, cancel);

    private static Embedding Embedding(LoadedModel model, float[] identity) =>
        new() { Values = { identity }, Space = model.Manifest.IdentitySpace!.Name, ModelVersion = model.VersionText };
}
