using System.Runtime;

namespace IpGan.Training.Data;

/// <summary>
/// Moves garbage collection to between the steps. TorchSharp does not keep a number that it hands to libtorch (`x * 0.5`) alive during the call: a collection
/// that another thread causes meanwhile may free it, and the operation reads what lies there then.
/// </summary>
internal static class QuietHeap
{
    // Some ten times what a step of 128 px and its next batch allocate.
    private const long Bytes = 64 << 20;

    /// <summary>Collects now if need be, and not again until the next call. No other thread may be inside libtorch.</summary>
    public static void Renew()
    {
        End();
        _ = GC.TryStartNoGCRegion(Bytes);
    }

    /// <summary>Collections come again when they like.</summary>
    public static void End()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            try
            {
                GC.EndNoGCRegion();
            }
            catch (InvalidOperationException)
            {
                // More was allocated than asked for, so that there was a collection after all.
            }
        }
    }
}
