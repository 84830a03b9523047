using System.Buffers;
using Grpc.Core;
using IpGan.Serving;
using IpGan.Serving.Rpc;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;
using IpGan.V1;
using Microsoft.Extensions.Options;

namespace IpGan.IdentityEncoder;

/// <summary>Photo in, identity vector out.</summary>
public sealed class IdentityEncoderService(ModelHost host, WorkQueue queue, ErrorInterceptor errors, IOptions<ServingOptions> options)
    : V1.IdentityEncoder.IdentityEncoderBase
{
    /// <inheritdoc />
    public override Task<EmbedIdentityResponse> Embed(EmbedRequest request, ServerCallContext context) =>
        EmbedAsync(request, wait: false, context.CancellationToken);

    /// <inheritdoc />
    public override Task EmbedStream(
        IAsyncStreamReader<EmbedRequest> requestStream, IServerStreamWriter<EmbedIdentityResponse> responseStream, ServerCallContext context) =>
        OrderedStream.RunAsync(requestStream, responseStream, AnswerAsync, options.Value.WorkerCount * 2, context.CancellationToken);

    private async Task<EmbedIdentityResponse> AnswerAsync(EmbedRequest request, CancellationToken cancel)
    {
        try
        {
            return await EmbedAsync(request, wait: true, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return new EmbedIdentityResponse { Id = request.Id, Error = errors.ToItem(e) };
        }
    }

    private async Task<EmbedIdentityResponse> EmbedAsync(EmbedRequest request, bool wait, CancellationToken cancel)
    {
        using var lease = host.Acquire(request.ModelVersion);
        var model = lease.Model;
        return await queue.RunAsync(() => Embed(model, request), wait, cancel);
    }

    private static EmbedIdentityResponse Embed(LoadedModel model, EmbedRequest request)
    {
        var size = model.Manifest.ImageSize;
        var pixels = ArrayPool<float>.Shared.Rent(3 * size * size);
        try
        {
            var input = pixels.AsMemory(0, 3 * size * size);
            var crop = PictureInput.Read(request.Image, size, input.Span);
            var identity = model.RunOne(input)[0];
            return new EmbedIdentityResponse
            {
                Embedding = new Embedding { Values = { identity }, Space = model.Manifest.IdentitySpace!.Name, ModelVersion = model.VersionText },
                Crop = crop,
                Id = request.Id,
            };
        }
        finally
        {
            ArrayPool<float>.Shared.Return(pixels);
        }
    }
}
