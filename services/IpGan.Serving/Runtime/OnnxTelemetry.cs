using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace IpGan.Serving.Runtime;

/// <summary>ONNX Runtime reports its use to its makers, since 1.29 on every system, unless it is told not to.</summary>
internal static class OnnxTelemetry
{
    /// <summary>Nothing is reported, and no device id is written. Call it before anything else of ONNX Runtime.</summary>
    public static void Disable()
    {
        if (OperatingSystem.IsWindows())
        {
            OrtEnv.Instance().DisableTelemetryEvents();
        }
        else
        {
            // Native code does not see what Environment.SetEnvironmentVariable sets.
            _ = SetEnvironment("ORT_DISABLE_TELEMETRY\0"u8.ToArray(), "1\0"u8.ToArray(), 1);
        }
    }

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetEnvironment(byte[] name, byte[] value, int overwrite);
}
