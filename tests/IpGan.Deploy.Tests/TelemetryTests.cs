using System.Runtime.InteropServices;
using IpGan.Serving;
using IpGan.Serving.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IpGan.Deploy.Tests;

public sealed class TelemetryTests
{
    [Fact]
    public void ONNX_Runtime_is_told_to_report_nothing_where_its_native_code_looks()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere there is another call for it.");
        _ = new OnnxDevice(Options.Create(new ServingOptions { Device = DeviceChoice.Cpu }), NullLogger<OnnxDevice>.Instance);

        Assert.Equal("1", Marshal.PtrToStringUTF8(GetEnvironment("ORT_DISABLE_TELEMETRY\0"u8.ToArray())));
    }

    [DllImport("libc", EntryPoint = "getenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint GetEnvironment(byte[] name);
}
