using Grpc.Core;
using IpGan.Serving;
using IpGan.Serving.Rpc;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;
using IpGan.V1;

namespace IpGan.Generator;

/// <summary>Identity vector and pose vectors in, pictures out.</summary>
public sealed class GeneratorService(ModelHost host, WorkQueue queue, ModelCalls calls) : V1.Generator.GeneratorBase
{
    private const int MaxPoses = 64;
    private const int MaxSamples = 1000;

    // One request with many poses is split over the workers; a part of this size keeps the rest of the queue moving.
    private const int PosesAtOnce = 4;

    /// <inheritdoc />
    public override Task<GenerateResponse> Generate(GenerateRequest request, ServerCallContext context) =>
        GenerateAsync(request, wait: false, context.CancellationToken);

    /// <inheritdoc />
    public override Task GenerateStream(
        IAsyncStreamReader<GenerateRequest> requestStream, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context) =>
        calls.StreamAsync(
            requestStream, responseStream, (request, cancel) => GenerateAsync(request, wait: true, cancel),
            (request, error) => new GenerateResponse { Id = request.Id, Error = error }, context.CancellationToken);

    /// <inheritdoc />
    public override async Task<SampleIdentityResponse> SampleIdentity(SampleIdentityRequest request, ServerCallContext context)
    {
        if (request.Count is < 0 or > MaxSamples)
        {
            throw new InvalidRequestException($"count is {request.Count}; it must be 1 to {MaxSamples}.", "count");
        }
        return await calls.RunAsync(request.ModelVersion, model =>
        {
            var identities = model.Prior!.Sample(Math.Max(request.Count, 1), request.Seed);
            return new SampleIdentityResponse
            {
                Identities =
                {
                    identities.Select(identity =>
                        new Embedding { Values = { identity }, Space = model.Manifest.IdentitySpace!.Name, ModelVersion = model.VersionText }),
                },
            };
        }, wait: false, context.CancellationToken);
    }

    private async Task<GenerateResponse> GenerateAsync(GenerateRequest request, bool wait, CancellationToken cancel)
    {
        using var lease = host.Acquire(request.ModelVersion);
        var model = lease.Model;
        if (!wait)
        {
            ServingSpans.TagRequest(model);
        }
        var output = PictureOutput.Read(request);
        var (identity, poses) = ReadVectors(request, model);
        var parts = new List<Task<GeneratedImage[]>>();
        for (var start = 0; start < request.Poses.Count; start += PosesAtOnce)
        {
            var (first, count) = (start, Math.Min(PosesAtOnce, request.Poses.Count - start));
            // Only the first part may be refused, and then nothing of the request is drawn; one that has begun is finished, and counts until then.
            parts.Add(queue.RunAsync(() => Draw(model, identity, poses, first, count, output), wait, cancel, begun: start > 0));
        }
        var response = new GenerateResponse { ModelVersion = model.VersionText, Id = request.Id };
        foreach (var part in await Task.WhenAll(parts))
        {
            response.Images.AddRange(part);
        }
        return response;
    }

    private static (float[] Identity, float[] Poses) ReadVectors(GenerateRequest request, LoadedModel model)
    {
        var (identitySpace, poseSpace) = (model.Manifest.IdentitySpace!, model.Manifest.PoseSpace!);
        if (request.Poses.Count is 0 or > MaxPoses)
        {
            throw new InvalidRequestException($"There are {request.Poses.Count} poses; send 1 to {MaxPoses}.", "poses");
        }
        var identity = new float[identitySpace.Dimension];
        VectorInput.Copy("identity", request.Identity, identitySpace, identity);
        VectorInput.Normalize("identity", identity);
        var poses = new float[request.Poses.Count * poseSpace.Dimension];
        for (var i = 0; i < request.Poses.Count; i++)
        {
            VectorInput.Copy($"poses[{i}]", request.Poses[i], poseSpace, poses.AsSpan(i * poseSpace.Dimension, poseSpace.Dimension));
        }
        return (identity, poses);
    }

    private static GeneratedImage[] Draw(LoadedModel model, float[] identity, float[] poses, int first, int count, PictureOutput output)
    {
        var size = model.Manifest.ImageSize;
        var length = 3 * size * size;
        var dimension = model.Manifest.PoseSpace!.Dimension;
        var identities = new float[count * identity.Length];
        for (var i = 0; i < count; i++)
        {
            identity.CopyTo(identities, i * identity.Length);
        }
        var pixels = new float[count * length];
        model.Run(count, [identities, poses.AsMemory(first * dimension, count * dimension)], [pixels]);
        var images = new GeneratedImage[count];
        for (var i = 0; i < count; i++)
        {
            images[i] = output.Encode(pixels.AsSpan(i * length, length), size);
        }
        return images;
    }
}
