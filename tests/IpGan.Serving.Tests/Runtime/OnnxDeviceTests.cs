using IpGan.Serving.Runtime;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Tests.Runtime;

public sealed class OnnxDeviceTests
{
    private readonly LogLines<OnnxDevice> _log = new();

    [Fact]
    public void Cpu_is_used_when_the_configuration_says_so()
    {
        var device = Create(DeviceChoice.Cpu);

        Assert.Equal(("CPU", false), (device.Name, device.IsGpu));
        Assert.Equal(1, _log.Count("Networks run on the CPU: the configuration says so."));
    }

    [Fact]
    public void Without_a_gpu_auto_takes_the_cpu_and_says_why()
    {
        SkipWithGpu();
        Assert.Equal("CPU", Create(DeviceChoice.Auto).Name);
        Assert.Equal(1, _log.Count("Networks run on the CPU: there is no NVIDIA driver."));
    }

    [Fact]
    public void Without_a_gpu_requiring_one_fails_with_what_to_do()
    {
        SkipWithGpu();
        var error = Assert.Throws<InvalidOperationException>(() => Create(DeviceChoice.Cuda));
        Assert.Contains("Models:Device is Cuda, but there is no NVIDIA driver", error.Message, StringComparison.Ordinal);
        Assert.Contains("Auto or Cpu", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_gpu_auto_takes_it()
    {
        if (!HasGpu())
        {
            Assert.Skip("There is no NVIDIA driver.");
        }
        Assert.Equal("CUDA", Create(DeviceChoice.Auto).Name);
    }

    private OnnxDevice Create(DeviceChoice choice) => new(Options.Create(new ServingOptions { Device = choice }), _log);

    private static bool HasGpu() => File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg");

    private static void SkipWithGpu()
    {
        if (HasGpu())
        {
            Assert.Skip("There is a GPU.");
        }
    }
}
