using System.Runtime.InteropServices;

namespace IpGan.Trainer;

/// <summary>
/// Keeps freed memory in the process: libtorch asks for the same large blocks in every step, and glibc hands blocks of that size back to the system each time;
/// a third of a training step went into page faults.
/// </summary>
internal static partial class NativeSettings
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MapMax = -4;
    private const int ArenaMax = -8;

    /// <summary>Before the first tensor. Does nothing where the C library has no mallopt.</summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        try
        {
            _ = Set(MapMax, 0);
            _ = Set(TrimThreshold, int.MaxValue);
            _ = Set(TopPad, 64 << 20);
            _ = Set(ArenaMax, 1);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // musl keeps its own counsel.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);
}
