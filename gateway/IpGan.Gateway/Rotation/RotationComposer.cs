using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>That person, those poses: encoders at the same time, then the generator, all in the versions of one triple.</summary>
internal sealed class RotationComposer(ServiceDirectory directory)
{
    // Photos of one request that are encoded at the same time: enough to keep services busy, too few to fill their queues.
    private const int PartsAtOnce = 8;

    /// <summary>Draws one person in one or more poses.</summary>
    /// <exception cref="RpcException">What a service said, with the part of the request that it is about.</exception>
    public async Task<RotateResponse> RotateAsync(RotateRequest request, CallOptions options)
    {
        RotationRequest.Validate(request);
        var triple = Choose(request);
        while (true)
        {
            try
            {
                return await ComposeAsync(request, triple, options);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound && Choose(request) is var next && next != triple)
            {
                // A version of the triple was unloaded between the choice and the call; operators have moved on, and so does the request as a whole.
                triple = next;
            }
        }
    }

    private Triple Choose(RotateRequest request) => directory.State.Choose(request.Source.Identity?.Space,
        [.. request.Targets.Where(t => t.TargetCase == RotationTarget.TargetOneofCase.Pose).Select(t => t.Pose.Space)]);

    private async Task<RotateResponse> ComposeAsync(RotateRequest request, Triple triple, CallOptions options)
    {
        var identity = request.Source.Identity;
        var poses = request.Targets.Select(t => t.Pose).ToArray();
        var parts = new List<Func<CallOptions, Task>>();
        if (identity is null)
        {
            parts.Add(async o => identity = await EmbedIdentityAsync(request.Source.Image, triple, o));
        }
        for (var i = 0; i < poses.Length; i++)
        {
            if (poses[i] is null)
            {
                var index = i;
                parts.Add(async o => poses[index] = await PoseAsync(request.Targets[index], index, triple, o));
            }
        }
        // The first failure ends the other parts, and is the one that is thrown.
        await Parallel.ForEachAsync(parts, new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = options.CancellationToken },
            async (part, cancel) => await part(options.WithCancellationToken(cancel)));

        var generate = new GenerateRequest { Identity = identity, Format = request.Format, ModelVersion = triple.Generator };
        generate.Poses.AddRange(poses);
        var drawn = await directory.CallAsync(Roles.Generator, triple, to => new Generator.GeneratorClient(to).GenerateAsync(generate, options).ResponseAsync);

        var response = new RotateResponse { Identity = identity, Models = triple.ToContract(), Id = request.Id };
        response.Images.AddRange(drawn.Images.Zip(poses, (image, pose) => new RotatedImage
        {
            Content = image.Content,
            Format = image.Format,
            Size = image.Size,
            Pose = pose,
        }));
        return response;
    }

    private async Task<Embedding> EmbedIdentityAsync(Image image, Triple triple, CallOptions options)
    {
        var request = new EmbedRequest { Image = image, ModelVersion = triple.IdentityEncoder };
        var response = await Part("source.image", directory.CallAsync(
            Roles.IdentityEncoder, triple, to => new IdentityEncoder.IdentityEncoderClient(to).EmbedAsync(request, options).ResponseAsync));
        return response.Embedding;
    }

    private async Task<Embedding> PoseAsync(RotationTarget target, int index, Triple triple, CallOptions options)
    {
        Task<EmbedPoseResponse> Call(Func<PoseEncoder.PoseEncoderClient, AsyncUnaryCall<EmbedPoseResponse>> call) =>
            directory.CallAsync(Roles.PoseEncoder, triple, to => call(new PoseEncoder.PoseEncoderClient(to)).ResponseAsync);

        if (target.Angles is { } angles)
        {
            var fromAngles = new FromAnglesRequest { Yaw = angles.Yaw, Pitch = angles.Pitch, Roll = angles.Roll, ModelVersion = triple.PoseEncoder };
            return (await Part($"targets[{index}].angles", Call(client => client.FromAnglesAsync(fromAngles, options)))).Embedding;
        }
        var embed = new EmbedRequest { Image = target.Image, ModelVersion = triple.PoseEncoder };
        return (await Part($"targets[{index}].image", Call(client => client.EmbedAsync(embed, options)))).Embedding;
    }

    private static async Task<T> Part<T>(string name, Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException e)
        {
            throw new RpcException(new Status(e.StatusCode, $"{name}: {e.Status.Detail}"), e.Trailers);
        }
    }
}
