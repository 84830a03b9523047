using System.ComponentModel.DataAnnotations;
using IpGan.Serving.Repositories;

namespace IpGan.Serving;

/// <summary>Where networks run.</summary>
public enum DeviceChoice
{
    /// <summary>On a GPU when there is a usable one, on the CPU otherwise.</summary>
    Auto,

    /// <summary>On the CPU.</summary>
    Cpu,

    /// <summary>On a GPU, or the service does not start.</summary>
    Cuda,
}

/// <summary>Configuration section <c>Models</c> of every service.</summary>
public sealed record ServingOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Models";

    /// <summary>
    /// The model repository: a folder ROLE/VERSION, relative paths starting at the current directory; or the same in a bucket, s3://BUCKET/PREFIX, which is
    /// mirrored into <see cref="Cache"/>, with the operators' pins (ROLE/pinned). Who may read the bucket is told in AWS's own ways (environment, profile, role
    /// of the machine).
    /// </summary>
    [Required]
    public string Repository { get; init; } = "models";

    /// <summary>Where a bucket is mirrored. What lies there serves on, and is served after a restart, when the bucket cannot be reached.</summary>
    [Required]
    public string Cache { get; init; } = "models-cache";

    /// <summary>Address of an S3-speaking server that is not AWS's, for example http://localhost:9000.</summary>
    public Uri? S3Endpoint { get; init; }

    /// <summary>
    /// A file with an ECDSA public key, PEM: only packages that carry a signature by it are loaded (OpenSSF Model Signing). Null: none is asked for.
    /// </summary>
    public string? RequireSignature { get; init; }

    /// <summary>Versions kept loaded, the newest ones, so that a gateway can stay on an older triple while operators roll the services: 1 to 16.</summary>
    [Range(1, 16)]
    public int Keep { get; init; } = 3;

    /// <summary>Time between looks at the repository: 50 ms to 10 min. Looks at a bucket are paid for: ten seconds do there.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a version that is about to be unloaded still answers requests that name it: 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Share of the active version's requests that a newer version of the same spaces answers, too, unseen, before it becomes active by itself: 0 (no trial) to 1.
    /// A version that fails its trial is rejected, and the active one is pinned. A version that an operator sets is active at once; so is a face finder, and the newest when a process
    /// starts, where it has nothing to hold it against.
    /// </summary>
    [Range(0.0, 1.0)]
    public double CanaryShare { get; init; }

    /// <summary>Requests that are compared in a trial: 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int CanaryRequests { get; init; } = 100;

    /// <summary>
    /// Mean distance of the two versions' answers that is allowed: 0 to 2. It is |a − b| / |a| of the outputs that are furthest apart, 1.41 for unrelated unit vectors;
    /// of a pose encoder's angles it is |a − b| / 90°.
    /// </summary>
    [Range(0.0, 2.0)]
    public double CanaryDistance { get; init; } = 0.2;

    /// <summary>Where networks run.</summary>
    public DeviceChoice Device { get; init; } = DeviceChoice.Auto;

    /// <summary>Threads that decode and run networks, one request each: 0 (one for each core; with batches on a GPU, enough to fill two) to 256.</summary>
    [Range(0, 256)]
    public int Workers { get; init; }

    /// <summary>
    /// Threads that share one run of a network on a CPU: 1 to 64. A second one answers a lone request in about three quarters of the time; when all workers
    /// are busy it costs up to a tenth of the throughput.
    /// </summary>
    [Range(1, 64)]
    public int ThreadsPerRun { get; init; } = 1;

    /// <summary>
    /// Items of several calls that are brought together in one run: 0 (1 on a CPU, where more gains nothing; 16 on a GPU) to 256. A worker brings what it has, one picture or up to
    /// four poses; what a call to ModelInfer has is never split.
    /// </summary>
    [Range(0, 256)]
    public int BatchSize { get; init; }

    /// <summary>How long the first item of a batch waits for others: 0 to 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Parts of single calls that may wait for a worker; while as many do, further calls are refused: 1 to 100,000. A call has one part, and Generate one for each
    /// four poses. Streams have a lane of their own.
    /// </summary>
    [Range(1, 100_000)]
    public int QueueLength { get; init; } = 256;

    /// <summary>
    /// Bytes of single calls that need a worker (Embed, Bridge, Generate, FindFaces, ModelInfer) and are in memory at once, received, waiting or worked on: <see cref="MaxMessageBytes"/> or more.
    /// What goes beyond is refused, and told when to come back. A photo is held as it came, 2 to 10 MB mostly; taken apart it needs several times its bytes, on as many as there are workers. Streams do not count.
    /// </summary>
    public long MaxBytesInFlight { get; init; } = 256 * 1024 * 1024;

    /// <summary>Largest gRPC message that is taken, in bytes: 64 KiB to 256 MiB.</summary>
    [Range(64 * 1024, 256 * 1024 * 1024)]
    public int MaxMessageBytes { get; init; } = 24 * 1024 * 1024;

    /// <summary>
    /// A file with certificates of authorities, PEM: on https endpoints only callers with a certificate of theirs get in. Null: everybody does.
    /// </summary>
    public string? ClientAuthorities { get; init; }

    /// <summary>The repository's folder on this machine.</summary>
    public string Folder => Path.GetFullPath(S3Location.TryParse(Repository) is null ? Repository : Cache);

    /// <summary>Workers, resolved.</summary>
    public int WorkerCount => Workers == 0 ? Environment.ProcessorCount : Workers;
}
