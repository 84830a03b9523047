using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace IpGan.Serving.Runtime;

/// <summary>Decides once, at start-up, where networks run, and makes session options accordingly.</summary>
public sealed partial class OnnxDevice
{
    /// <summary>Looks for a GPU as the options say.</summary>
    /// <exception cref="InvalidOperationException">A GPU is required and there is no usable one.</exception>
    public OnnxDevice(IOptions<ServingOptions> options, ILogger<OnnxDevice> logger)
    {
        OnnxTelemetry.Disable();
        var choice = options.Value.Device;
        var problem = choice == DeviceChoice.Cpu ? "the configuration says so" : FindProblem();
        if (problem is not null && choice == DeviceChoice.Cuda)
        {
            throw new InvalidOperationException($"Models:Device is Cuda, but {problem}. Mend that, or set Models:Device to Auto or Cpu.");
        }
        IsGpu = problem is null;
        if (IsGpu)
        {
            Log.Gpu(logger);
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

    /// <summary>Options of a session: one thread a request, and none that spins when there is nothing to do.</summary>
    public SessionOptions CreateSessionOptions()
    {
        var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (IsGpu)
        {
            options.AppendExecutionProvider_CUDA();
        }
        else
        {
            // The arena keeps what a version once needed; without it memory comes back when the version goes.
            options.EnableCpuMemArena = false;
        }
        return options;
    }

    // The driver is asked for first: without one, appending the provider throws after an alarming native message.
    private static string? FindProblem()
    {
        if (OperatingSystem.IsLinux() && !File.Exists("/dev/nvidiactl") && !File.Exists("/dev/dxg"))
        {
            return "there is no NVIDIA driver";
        }
        try
        {
            using var options = new SessionOptions();
            options.AppendExecutionProvider_CUDA();
            return null;
        }
        catch (OnnxRuntimeException e)
        {
            return $"ONNX Runtime cannot use CUDA: {e.Message}";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Networks run on the GPU (CUDA).")]
        public static partial void Gpu(ILogger logger);

        [LoggerMessage(2, LogLevel.Information, "Networks run on the CPU: {Problem}.")]
        public static partial void Cpu(ILogger logger, string problem);
    }
}
