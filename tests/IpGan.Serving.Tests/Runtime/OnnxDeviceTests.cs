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
    public void Cpu_that_is_chosen_is_taken_without_looking_for_a_gpu() =>
        Assert.False(Create(DeviceChoice.Cpu, () => throw new InvalidOperationException("It looked.")).IsGpu);

    [Fact]
    public void Auto_takes_a_gpu_that_computes()
    {
        var device = Create(DeviceChoice.Auto, () => null);

        Assert.Equal(("CUDA", true), (device.Name, device.IsGpu));
        Assert.Equal(1, _log.Count("Networks run on the GPU (CUDA)"));
    }

    [Fact]
    public void Auto_takes_the_cpu_where_no_gpu_computes_and_says_why()
    {
        Assert.Equal("CPU", Create(DeviceChoice.Auto, () => "cuDNN is too old").Name);
        Assert.Equal(1, _log.Count("Networks run on the CPU: cuDNN is too old."));
    }

    [Fact]
    public void Requiring_a_gpu_where_none_computes_fails_with_what_to_do()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Create(DeviceChoice.Cuda, () => "cuDNN is too old"));
        Assert.Contains("Models:Device is Cuda, but cuDNN is too old", error.Message, StringComparison.Ordinal);
        Assert.Contains("Auto or Cpu", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 0, 1)]
    [InlineData(true, 0, 16)]
    [InlineData(false, 4, 4)]
    [InlineData(true, 64, 64)]
    public void Batches_are_for_gpus_unless_the_configuration_says_otherwise(bool gpu, int chosen, int size) =>
        Assert.Equal(size, Create(DeviceChoice.Auto, () => gpu ? null : "none", new ServingOptions { BatchSize = chosen }).BatchSize);

    [Fact]
    public void Gpu_has_workers_to_fill_a_batch_while_another_runs()
    {
        Assert.True(Create(DeviceChoice.Auto, () => null).Workers >= 32);
        Assert.True(Create(DeviceChoice.Auto, () => null, new ServingOptions { BatchSize = 100 }).Workers >= 200);
        Assert.Equal(Environment.ProcessorCount, Create(DeviceChoice.Auto, () => "none").Workers);
        Assert.Equal(3, Create(DeviceChoice.Auto, () => null, new ServingOptions { Workers = 3 }).Workers);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_is_shared_by_as_many_threads_as_the_configuration_says(int threads)
    {
        using var options = Create(DeviceChoice.Cpu, () => "none", new ServingOptions { ThreadsPerRun = threads }).CreateSessionOptions();
        Assert.Equal(threads, options.IntraOpNumThreads);
    }

    [Fact]
    public void Machine_without_a_driver_is_told_from_others()
    {
        if (HasGpu())
        {
            Assert.Skip("There is a driver.");
        }
        Assert.Equal("there is no NVIDIA driver", GpuProbe.FindProblem());
    }

    [Fact]
    public void Machine_with_a_gpu_uses_it()
    {
        if (!HasGpu())
        {
            Assert.Skip("There is no NVIDIA driver.");
        }
        Assert.Null(GpuProbe.FindProblem());
    }

    [Fact]
    public void Probe_is_a_network_that_computes()
    {
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions();
        Assert.Null(GpuProbe.Run(options));
    }

    private OnnxDevice Create(DeviceChoice choice, Func<string?> probe, ServingOptions? options = null) =>
        new(Options.Create((options ?? new ServingOptions()) with { Device = choice }), _log, probe);

    private OnnxDevice Create(DeviceChoice choice) => new(Options.Create(new ServingOptions { Device = choice }), _log);

    private static bool HasGpu() => File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg");
}
