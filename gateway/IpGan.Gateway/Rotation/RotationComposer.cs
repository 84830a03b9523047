using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.Gateway.Errors;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>That person, those poses: encoders at the same time, then the generator, all in the versions of one triple.</summary>
internal sealed class RotationComposer(ServiceDirectory directory, IdentityResolver identities)
{
    /// <summary>Draws one person in one or more poses.</summary>
    /// <param name="request">Who, and how.</param>
    /// <param name="options">Of each call when it is made: every part has the time-out for itself.</param>
    /// <exception cref="RpcException">What a service said, with the part of the request that it is about.</exception>
    public Task<RotateResponse> RotateAsync(RotateRequest request, Func<CallOptions> options)
    {
        RotationRequest.Validate(request);
        var spaces = RotationRequest.Spaces(request.Source);
        var poseSpaces = request.Targets.Where(t => t.TargetCase == RotationTarget.TargetOneofCase.Pose).Select(t => t.Pose.Space).ToList();
        return directory.WithTripleAsync([.. spaces], poseSpaces, triple => ComposeAsync(request, triple, options));
    }

    private async Task<RotateResponse> ComposeAsync(RotateRequest request, Triple triple, Func<CallOptions> options)
    {
        var wishes = PoseWish.Of(request.Targets);
        using var parts = new Parts(options);
        var whom = identities.ResolveAsync(request.Source, "source", triple, parts);
        var poses = Task.WhenAll(wishes.Select(wish => PoseAsync(wish, triple, parts)));
        await Task.WhenAll(whom, poses);
        var (identity, held) = ((await whom).Identity, await poses);

        var generate = new GenerateRequest
        {
            Identity = identity,
            Format = request.Format,
            Size = request.Size,
            Quality = request.Quality,
            ModelVersion = triple.Generator,
        };
        generate.Poses.AddRange(held.Select(h => h.Pose));
        GenerateResponse drawn;
        try
        {
            drawn = await directory.CallAsync(Roles.Generator, triple, to => new Generator.GeneratorClient(to).GenerateAsync(generate, options()).ResponseAsync);
        }
        catch (RpcException e) when (PartOf(e, request.Source, wishes) is { } part)
        {
            throw Failures.Of(part, e);
        }

        var response = new RotateResponse { Identity = identity, Models = triple.ToContract(), Id = request.Id, Faces = { parts.Taken } };
        for (var i = 0; i < wishes.Count; i++)
        {
            var image = drawn.Images[i];
            response.Images.Add(new RotatedImage
            {
                Content = image.Content,
                Format = image.Format,
                Size = image.Size,
                Pose = held[i].Pose,
                Target = wishes[i].Target,
                Angles = held[i].Angles,
            });
        }
        return response;
    }

    /// <summary>The part of the request that the generator complains of; null when it complains of none.</summary>
    private static string? PartOf(RpcException failure, RotationSource source, IReadOnlyList<PoseWish> wishes) =>
        failure.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.FirstOrDefault()?.Field switch
        {
            { } field when field.StartsWith("identity", StringComparison.Ordinal) =>
                source.SourceCase == RotationSource.SourceOneofCase.Interpolation ? "source.interpolation" : "source.identity",
            { } field when field.StartsWith("poses[", StringComparison.Ordinal)
                && int.TryParse(field["poses[".Length..].Split(']')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < wishes.Count => wishes[i].Name,
            _ => null,
        };

    private async Task<(Embedding Pose, Angles? Angles)> PoseAsync(PoseWish wish, Triple triple, Parts parts)
    {
        if (wish.Vector is { } vector)
        {
            return (vector, null);
        }
        var response = await parts.RunAsync(wish.Name, options => directory.CallAsync(Roles.PoseEncoder, triple, to =>
        {
            var client = new PoseEncoder.PoseEncoderClient(to);
            return (wish.Angles is { } angles
                ? client.FromAnglesAsync(
                    new FromAnglesRequest { Yaw = angles.Yaw, Pitch = angles.Pitch, Roll = angles.Roll, ModelVersion = triple.PoseEncoder }, options)
                : client.EmbedAsync(new EmbedRequest { Image = wish.Photo, ModelVersion = triple.PoseEncoder }, options)).ResponseAsync;
        }));
        parts.Take(wish.Name, response.Crop, response.Face);
        return (response.Embedding, wish.Angles ?? response.Angles);
    }
}
