using System.ComponentModel.DataAnnotations;

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

    /// <summary>The model repository: a folder ROLE/VERSION. Relative paths start at the current directory.</summary>
    [Required]
    public string Repository { get; init; } = "models";

    /// <summary>Versions kept loaded, the newest ones, so that a gateway can stay on an older triple while operators roll the services: 1 to 16.</summary>
    [Range(1, 16)]
    public int Keep { get; init; } = 3;

    /// <summary>Time between looks at the repository: 50 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a version that is about to be unloaded still answers requests that name it: 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where networks run.</summary>
    public DeviceChoice Device { get; init; } = DeviceChoice.Auto;

    /// <summary>Threads that run networks, one request each: 0 (one for each core) to 256.</summary>
    [Range(0, 256)]
    public int Workers { get; init; }

    /// <summary>Requests that may wait for a worker; further ones are refused: 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int QueueLength { get; init; } = 256;

    /// <summary>Largest gRPC message that is taken, in bytes: 64 KiB to 256 MiB.</summary>
    [Range(64 * 1024, 256 * 1024 * 1024)]
    public int MaxMessageBytes { get; init; } = 24 * 1024 * 1024;

    /// <summary>Workers, resolved.</summary>
    public int WorkerCount => Workers == 0 ? Environment.ProcessorCount : Workers;
}
