using TorchSharp;

namespace IpGan.Training.Pathways;

/// <summary>
/// Independent work side by side, each on one core. Two threads inside every operation wait for each other hundreds of times a step, and gain a fifth on small
/// networks; two lanes meet once.
/// </summary>
internal static class Lanes
{
    /// <summary>How many there are: libtorch's threads, two at most; one on a GPU, which has its own.</summary>
    public static int Count(torch.Device device) => device.type == DeviceType.CPU ? Math.Min(2, torch.get_num_threads()) : 1;

    /// <summary>Both; the second one beside the first if there are two lanes. The process' own random numbers must be drawn in one of them at most.</summary>
    public static void Run(torch.Device device, Action first, Action second)
    {
        if (Count(device) < 2)
        {
            first();
            second();
            return;
        }
        var threads = torch.get_num_threads();
        var lane = Beside(() =>
        {
            second();
            return true;
        });
        torch.set_num_threads(1);
        try
        {
            first();
        }
        finally
        {
            Task.WaitAny(lane);
            torch.set_num_threads(threads);
        }
        lane.GetAwaiter().GetResult();
    }

    /// <summary>Work on a thread of its own, on which every operation stays; libtorch keeps their number by thread.</summary>
    public static Task<T> Beside<T>(Func<T> work)
    {
        // A thread takes the number that was set last by any when it first asks: this one must have asked before the other sets its own.
        _ = torch.get_num_threads();
        return Task.Factory.StartNew(
            () =>
            {
                torch.set_num_threads(1);
                return work();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }
}
