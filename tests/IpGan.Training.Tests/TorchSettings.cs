using IpGan.Training.Tests;

// Torch's random numbers are one sequence for the whole process: tests beside each other would take each other's.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(TorchSettings))]

namespace IpGan.Training.Tests;

/// <summary>As the trainer sets the native libraries, on one thread: the networks are too small for more to help.</summary>
public sealed class TorchSettings
{
    public TorchSettings()
    {
        NativeSettings.Apply();
        TorchSharp.torch.set_num_threads(1);
    }
}
