using Grpc.Core;
using IpGan.Serving;
using IpGan.Serving.Rpc;
using IpGan.Serving.Versions;
using IpGan.V1;

namespace IpGan.PoseEncoder;

/// <summary>Photo or angles in, pose vector out.</summary>
public sealed class PoseEncoderService(ModelHost host, ModelCalls calls) : V1.PoseEncoder.PoseEncoderBase
{
    /// <inheritdoc />
    public override Task<EmbedPoseResponse> Embed(EmbedRequest request, ServerCallContext context) =>
        EmbedAsync(request, wait: false, context.CancellationToken);

    /// <inheritdoc />
    public override Task EmbedStream(
        IAsyncStreamReader<EmbedRequest> requestStream, IServerStreamWriter<EmbedPoseResponse> responseStream, ServerCallContext context) =>
        calls.StreamAsync(
            requestStream, responseStream, (request, cancel) => EmbedAsync(request, wait: true, cancel),
            (request, error) => new EmbedPoseResponse { Id = request.Id, Error = error }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<EmbedPoseResponse> FromAngles(FromAnglesRequest request, ServerCallContext context)
    {
        using var lease = host.Acquire(request.ModelVersion);
        var anchors = lease.Model.Anchors!;
        foreach (var (name, value) in new[] { ("yaw", request.Yaw), ("pitch", request.Pitch), ("roll", request.Roll) })
        {
            if (!float.IsFinite(value))
            {
                throw new InvalidRequestException($"{name} is {value}; it must be a finite number of degrees.", name);
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

    private Task<EmbedPoseResponse> EmbedAsync(EmbedRequest request, bool wait, CancellationToken cancel) =>
        calls.EmbedAsync(request, (model, outputs, source) => new EmbedPoseResponse
        {
            Embedding = Embedding(model, outputs[0]),
            Angles = new Angles { Yaw = outputs[1][0], Pitch = outputs[1][1], Roll = outputs[1][2] },
            Crop = source.Crop,
            Face = source.Face,
            Id = request.Id,
        }, wait, cancel);

    private static Embedding Embedding(LoadedModel model, float[] pose) =>
        new() { Values = { pose }, Space = model.Manifest.PoseSpace!.Name, ModelVersion = model.VersionText };
}
