using System.Runtime.InteropServices;

namespace IpGan.Trainer;

/// <summary>
/// Keeps freed memory in the process: libtorch asks for the same large blocks in every step, and glibc hands blocks of that size back to the system each time;
/// a third of a training step went into page faults. And silences libtorch's warning, with every small convolution, that NNPACK does not know the processor.
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
            // The C library's environment, where libtorch looks; .NET keeps a copy of its own.
            _ = SetVariable("TORCH_CPP_LOG_LEVEL", "ERROR", overwrite: 0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // musl keeps its own counsel.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
