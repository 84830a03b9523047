using Grpc.Core;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>What can be said of a request before any service is asked.</summary>
internal static class RotationRequest
{
    private const int MaxTargets = 64;

    /// <exception cref="RpcException">INVALID_ARGUMENT, with what is wrong and what would be right.</exception>
    public static void Validate(RotateRequest request)
    {
        if (request.Source is null or { SourceCase: RotationSource.SourceOneofCase.None })
        {
            throw Invalid("source is missing: send source.image (a photo of the person) or source.identity (an identity vector).");
        }
        if (request.Targets.Count is 0 or > MaxTargets)
        {
            throw Invalid($"There are {request.Targets.Count} targets; send 1 to {MaxTargets}.");
        }
        for (var i = 0; i < request.Targets.Count; i++)
        {
            if (request.Targets[i].TargetCase == RotationTarget.TargetOneofCase.None)
            {
                throw Invalid($"targets[{i}] is empty: send image (a photo that shows the pose), angles or pose (a pose vector).");
            }
        }
        if (request.Format is < ImageFormat.Unspecified or > ImageFormat.Jpeg)
        {
            throw Invalid($"format is {(int)request.Format}; send IMAGE_FORMAT_PNG or IMAGE_FORMAT_JPEG.");
        }
    }

    private static RpcException Invalid(string problem) => new(new Status(StatusCode.InvalidArgument, problem));
}
