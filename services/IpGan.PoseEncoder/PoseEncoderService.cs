using System.Buffers;
using Grpc.Core;
using IpGan.Serving;
using IpGan.Serving.Rpc;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;
using IpGan.V1;
using Microsoft.Extensions.Options;

namespace IpGan.PoseEncoder;

/// <summary>Photo or angles in, pose vector out.</summary>
public sealed class PoseEncoderService(ModelHost host, WorkQueue queue, ErrorInterceptor errors, IOptions<ServingOptions> options)
    : V1.PoseEncoder.PoseEncoderBase
{
    /// <inheritdoc />
    public override Task<EmbedPoseResponse> Embed(EmbedRequest request, ServerCallContext context) =>
        EmbedAsync(request, wait: false, context.CancellationToken);

    /// <inheritdoc />
    public override Task EmbedStream(
        IAsyncStreamReader<EmbedRequest> requestStream, IServerStreamWriter<EmbedPoseResponse> responseStream, ServerCallContext context) =>
        OrderedStream.RunAsync(requestStream, responseStream, AnswerAsync, options.Value.WorkerCount * 2, context.CancellationToken);

    /// <inheritdoc />
    public override Task<EmbedPoseResponse> FromAngles(FromAnglesRequest request, ServerCallContext context)
    {
        using var lease = host.Acquire(request.ModelVersion);
        var anchors = lease.Model.Anchors!;
        foreach (var (name, value) in new[] { ("yaw", request.Yaw), ("pitch", request.Pitch), ("roll", request.Roll) })
        {
            if (!float.IsFinite(value))
            {
                throw new InvalidRequestException($"{name} is {value}; it must be a finite number of degrees.");
            }
        }
        var reach = anchors.Reach;
        return Task.FromResult(new EmbedPoseResponse
        {
            Embedding = Embedding(lease.Model, anchors.Interpolate(request.Yaw, request.Pitch, request.Roll)),
            Angles = new Angles { Yaw = request.Yaw, Pitch = request.Pitch, Roll = request.Roll },
            Reach = new AngleReach
            {
                YawMin = reach.YawMin,
                YawMax = reach.YawMax,
                PitchMin = reach.PitchMin,
                PitchMax = reach.PitchMax,
                RollMin = reach.RollMin,
                RollMax = reach.RollMax,
            },
        });
    }

    private async Task<EmbedPoseResponse> AnswerAsync(EmbedRequest request, CancellationToken cancel)
    {
        try
        {
            return await EmbedAsync(request, wait: true, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return new EmbedPoseResponse { Id = request.Id, Error = errors.ToItem(e) };
        }
    }

    private async Task<EmbedPoseResponse> EmbedAsync(EmbedRequest request, bool wait, CancellationToken cancel)
    {
        using var lease = host.Acquire(request.ModelVersion);
        var model = lease.Model;
        return await queue.RunAsync(() => Embed(model, request), wait, cancel);
    }

    private static EmbedPoseResponse Embed(LoadedModel model, EmbedRequest request)
    {
        var size = model.Manifest.ImageSize;
        var pixels = ArrayPool<float>.Shared.Rent(3 * size * size);
        try
        {
            var input = pixels.AsMemory(0, 3 * size * size);
            var crop = PictureInput.Read(request.Image, size, input.Span);
            var outputs = model.RunOne(input);
            return new EmbedPoseResponse
            {
                Embedding = Embedding(model, outputs[0]),
                Angles = new Angles { Yaw = outputs[1][0], Pitch = outputs[1][1], Roll = outputs[1][2] },
                Crop = crop,
                Id = request.Id,
            };
        }
        finally
        {
            ArrayPool<float>.Shared.Return(pixels);
        }
    }

    private static Embedding Embedding(LoadedModel model, float[] pose) =>
        new() { Values = { pose }, Space = model.Manifest.PoseSpace!.Name, ModelVersion = model.VersionText };
}
