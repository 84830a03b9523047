using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace IpGan.Serving.Runtime;

/// <summary>Decides once, at start-up, where networks run, and makes session options accordingly.</summary>
public sealed partial class OnnxDevice
{
    private const int GpuBatchSize = 16;

    private readonly ServingOptions _options;

    /// <summary>Looks for a GPU as the options say.</summary>
    /// <exception cref="InvalidOperationException">A GPU is required and there is no usable one.</exception>
    public OnnxDevice(IOptions<ServingOptions> options, ILogger<OnnxDevice> logger)
        : this(options, logger, GpuProbe.FindProblem)
    {
    }

    internal OnnxDevice(IOptions<ServingOptions> options, ILogger<OnnxDevice> logger, Func<string?> findGpuProblem)
    {
        OnnxTelemetry.Disable();
        _options = options.Value;
        var choice = _options.Device;
        var problem = choice == DeviceChoice.Cpu ? "the configuration says so" : findGpuProblem();
        if (problem is not null && choice == DeviceChoice.Cuda)
        {
            throw new InvalidOperationException($"Models:Device is Cuda, but {problem}. Mend that, or set Models:Device to Auto or Cpu.");
        }
        IsGpu = problem is null;
        if (IsGpu)
        {
            Log.Gpu(logger, BatchSize, Workers);
        }
        else
        {
            Log.Cpu(logger, problem!);
        }
    }

    /// <summary>True if networks run on a GPU.</summary>
    public bool IsGpu { get; }

    /// <summary>"CPU" or "CUDA".</summary>
    public string Name => IsGpu ? "CUDA" : "CPU";

    /// <summary>Items that a network takes in one run at most.</summary>
    public int BatchSize => _options.BatchSize != 0 ? _options.BatchSize : IsGpu ? GpuBatchSize : 1;

    /// <summary>How long the first item of a batch waits for others.</summary>
    public TimeSpan BatchDelay => _options.BatchDelay;

    /// <summary>Threads that decode and run networks. With batches, while one runs the next is filled.</summary>
    public int Workers => _options.Workers == 0 && IsGpu ? Math.Max(_options.WorkerCount, 2 * BatchSize) : _options.WorkerCount;

    /// <summary>Options of a session: few threads, and none that spins when there is nothing to do.</summary>
    public SessionOptions CreateSessionOptions()
    {
        var options = new SessionOptions { IntraOpNumThreads = _options.ThreadsPerRun, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (IsGpu)
        {
            GpuProbe.AppendCuda(options);
        }
        else
        {
            // The arena keeps what a version once needed; without it memory comes back when the version goes.
            options.EnableCpuMemArena = false;
        }
        return options;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Networks run on the GPU (CUDA), {BatchSize} items at once at most, fed by {Workers} threads.")]
        public static partial void Gpu(ILogger logger, int batchSize, int workers);

        [LoggerMessage(2, LogLevel.Information, "Networks run on the CPU: {Problem}.")]
        public static partial void Cpu(ILogger logger, string problem);
    }
}
