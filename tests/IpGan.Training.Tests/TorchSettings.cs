using IpGan.Training.Tests;

// Torch's random numbers are one sequence for the whole process: tests beside each other would take each other's.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(TorchSettings))]

namespace IpGan.Training.Tests;

/// <summary>The networks are too small for threads to help.</summary>
public sealed class TorchSettings
{
    public TorchSettings() => TorchSharp.torch.set_num_threads(1);
}
