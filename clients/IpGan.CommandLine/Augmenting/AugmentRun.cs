using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using IpGan.Client;

namespace IpGan.CommandLine.Augmenting;

/// <summary>What a run did.</summary>
/// <param name="Made">Pictures.</param>
/// <param name="AlreadyThere">Pictures that an earlier run had made.</param>
/// <param name="Failed">Photos that gave none, and folders of them that could not be read.</param>
internal sealed record AugmentResult(int Made, int AlreadyThere, int Failed);

/// <summary>Every photo of a folder in every pose, into another folder of the same layout.</summary>
/// <param name="client">The gateway.</param>
/// <param name="photos">What from.</param>
/// <param name="folder">Where to.</param>
/// <param name="poses">Which ones.</param>
/// <param name="request">A person's request, but for the poses.</param>
/// <param name="extension">Of the pictures.</param>
internal sealed class AugmentRun(
    IpGanClient client, PhotoFolder photos, string folder, IReadOnlyList<NamedPose> poses, Func<Person, IReadOnlyList<Pose>, RotationRequest> request, string extension)
{
    // Photos on their way, in their order, as answers are.
    private readonly ConcurrentQueue<Job> _sent = new();
    private int _failed = photos.UnreadableFolders;

    /// <summary>Makes what is not there yet.</summary>
    /// <param name="table">Of the folder.</param>
    /// <param name="jobs">What there is to do: <see cref="Plan"/>.</param>
    /// <param name="done">Is called after each photo.</param>
    /// <param name="cancel">Ends it; what was made stays.</param>
    public async Task<AugmentResult> RunAsync(AugmentTable table, IReadOnlyList<Job> jobs, Action done, CancellationToken cancel)
    {
        var before = table.Count;
        await foreach (var result in client.RotateManyAsync(RequestsAsync(jobs, done, cancel), cancel))
        {
            _sent.TryDequeue(out var job);
            if (result.Succeeded)
            {
                FaceOptions.Tell(job!.Photo.Name, Taken(result.Value)?.Face);
                Keep(table, job, result.Value);
            }
            else
            {
                Fail(job!.Photo, result.Error.Message);
            }
            done();
        }
        return new AugmentResult(table.Count - before, before, _failed);
    }

    /// <summary>The photos of all people, or of a shard's.</summary>
    public IEnumerable<FolderPhoto> PhotosOf(Shard? shard) => photos.Photos.Where(p => shard is null || shard.Holds(p));

    /// <summary>Those of them that some poses are missing of.</summary>
    public IReadOnlyList<Job> Plan(AugmentTable table, Shard? shard) =>
        [.. PhotosOf(shard).Select(p => new Job(p, [.. poses.Where(pose => !table.Holds(NameOf(p, pose)))])).Where(j => j.Poses.Count > 0)];

    private async IAsyncEnumerable<RotationRequest> RequestsAsync(IReadOnlyList<Job> jobs, Action done, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var job in jobs)
        {
            Photo photo;
            try
            {
                photo = await photos.LoadAsync(job.Photo, cancel);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                Fail(job.Photo, e.Message);
                done();
                continue;
            }
            _sent.Enqueue(job with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(photo.Content.Span)) });
            yield return request(Person.In(photo), [.. job.Poses.Select(p => p.Pose)]);
        }
    }

    private void Keep(AugmentTable table, Job job, Rotation rotation)
    {
        var rows = new List<AugmentRow>();
        try
        {
            foreach (var row in Save(job, rotation))
            {
                rows.Add(row);
            }
        }
        catch (PathTooLongException e)
        {
            // This photo's names alone. Whatever else cannot be written, a full disk above all, ends the run.
            Fail(job.Photo, e.Message);
        }
        // Also those that were made before it failed.
        table.Add(rows);
    }

    private IEnumerable<AugmentRow> Save(Job job, Rotation rotation)
    {
        var taken = Taken(rotation);
        foreach (var (picture, pose) in rotation.Pictures.Zip(job.Poses))
        {
            var name = NameOf(job.Photo, pose);
            AtomicFile.Write(Path.Combine(folder, name), picture.Content.Span);
            yield return new AugmentRow(name, picture.Content.Length, job.Photo.Person, job.Photo.Name, job.Sha256, pose.Name,
                picture.Angles is { } a ? (Verb.Number(a.Yaw), Verb.Number(a.Pitch), Verb.Number(a.Roll)) : ("", "", ""), taken,
                (rotation.Models.IdentityEncoder, rotation.Models.PoseEncoder, rotation.Models.Generator));
        }
    }

    // Photos that show poses are other parts of the request.
    private static V1.TakenFace? Taken(Rotation rotation) => rotation.Faces.FirstOrDefault(f => f.Part == "source.image");

    private void Fail(FolderPhoto photo, string why)
    {
        Interlocked.Increment(ref _failed);
        Verb.Tell($"{photo.Name}: {why}");
    }

    // The photo's extension, too: a folder may hold a.jpg and a.png.
    private string NameOf(FolderPhoto photo, NamedPose pose) => $"{photo.Name}_{pose.Name}.{extension}";

    /// <summary>A photo, and the poses that are missing of it.</summary>
    /// <param name="Photo">Which one.</param>
    /// <param name="Poses">At least one.</param>
    internal sealed record Job(FolderPhoto Photo, IReadOnlyList<NamedPose> Poses)
    {
        /// <summary>The photo's checksum, as it was sent.</summary>
        public string Sha256 { get; init; } = "";
    }
}
