using Grpc.Core;
using IpGan.V1;
using static IpGan.Gateway.Errors.Failures;

namespace IpGan.Gateway.Rotation;

/// <summary>What can be said of a request before any service is asked. All throw INVALID_ARGUMENT, with what is wrong and what would be right.</summary>
internal static class RotationRequest
{
    private const int MaxPictures = 64;
    private const int MaxPhotos = 32;
    private const int MinSide = 16;
    private const int MaxSide = 1024;

    private static IEnumerable<string> PresetNames =>
        FaceRotationReflection.Descriptor.EnumTypes.Single(e => e.ClrType == typeof(PosePreset)).Values.Skip(1).Select(v => v.Name);

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Validate(RotateRequest request)
    {
        ValidateSource(request.Source, "source");
        for (var i = 0; i < request.Targets.Count; i++)
        {
            ValidateTarget(request.Targets[i], $"targets[{i}]");
        }
        var pictures = request.Targets.Sum(t => (long)(t.Sweep?.Steps ?? 1));
        if (pictures is 0 or > MaxPictures)
        {
            throw Invalid("targets", pictures == request.Targets.Count
                ? $"There are {pictures} targets; send 1 to {MaxPictures}." : $"The targets ask for {pictures} pictures; ask for 1 to {MaxPictures}.");
        }
        if (request.Format is < ImageFormat.Unspecified or > ImageFormat.Webp)
        {
            throw Invalid("format", $"format is {(int)request.Format}; send IMAGE_FORMAT_PNG, IMAGE_FORMAT_JPEG or IMAGE_FORMAT_WEBP.");
        }
        if (request.Size != 0 && request.Size is < MinSide or > MaxSide)
        {
            throw Invalid("size", $"size is {request.Size}; it must be {MinSide} to {MaxSide} pixels, or 0 for the network's own.");
        }
        if (request.Quality is < 0 or > 100)
        {
            throw Invalid("quality", $"quality is {request.Quality}; it must be 1 to 100, or 0 for the default.");
        }
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void ValidateSource(RotationSource? source, string name)
    {
        switch (source?.SourceCase)
        {
            case null or RotationSource.SourceOneofCase.None:
                throw Invalid(name, $"{name} is missing: send {name}.image (a photo of the person), {name}.identity (an identity vector), {name}.images, "
                    + $"{name}.interpolation or {name}.newPerson.");
            case RotationSource.SourceOneofCase.Images when source.Images.Images.Count is 0 or > MaxPhotos:
                throw Invalid($"{name}.images", $"{name}.images has {source.Images.Images.Count} photos; send 1 to {MaxPhotos}.");
            case RotationSource.SourceOneofCase.Interpolation:
                var between = source.Interpolation;
                if (!(between.Amount is >= 0 and <= 1))
                {
                    throw Invalid($"{name}.interpolation.amount", $"{name}.interpolation.amount is {between.Amount}; it must be 0 (from) to 1 (to).");
                }
                ValidateEnd(between.From, $"{name}.interpolation.from");
                ValidateEnd(between.To, $"{name}.interpolation.to");
                break;
        }
    }

    /// <summary>Spaces of the identity vectors that a source brings.</summary>
    public static IEnumerable<string> Spaces(RotationSource source) => source.SourceCase switch
    {
        RotationSource.SourceOneofCase.Identity => [source.Identity.Space],
        RotationSource.SourceOneofCase.Interpolation => Spaces(source.Interpolation.From).Concat(Spaces(source.Interpolation.To)),
        _ => [],
    };

    private static void ValidateEnd(RotationSource? end, string name)
    {
        // Checked before what is inside: messages may be nested deep.
        if (end?.SourceCase == RotationSource.SourceOneofCase.Interpolation)
        {
            throw Invalid(name, $"{name} is an interpolation itself; resolve it first (ResolveIdentity) and send its identity vector.");
        }
        ValidateSource(end, name);
    }

    private static void ValidateTarget(RotationTarget target, string name)
    {
        switch (target.TargetCase)
        {
            case RotationTarget.TargetOneofCase.None:
                throw Invalid(name, $"{name} is empty: send image (a photo that shows the pose), angles, pose (a pose vector), preset or sweep.");
            case RotationTarget.TargetOneofCase.Preset when !PoseWish.Presets.ContainsKey(target.Preset):
                throw Invalid($"{name}.preset", $"{name}.preset is {(int)target.Preset}; send one of {string.Join(", ", PresetNames)}.");
            case RotationTarget.TargetOneofCase.Sweep when target.Sweep.Steps is < 2 or > MaxPictures:
                throw Invalid($"{name}.sweep.steps", $"{name}.sweep.steps is {target.Sweep.Steps}; it must be 2 to {MaxPictures}.");
        }
    }
}
