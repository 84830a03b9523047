using System.Runtime.InteropServices;

namespace IpGan.Training;

/// <summary>What the native libraries below do better for training than they do unasked.</summary>
public static partial class NativeSettings
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MapMax = -4;
    private const int ArenaMax = -8;

    /// <summary>Once a process, before the first tensor. Does nothing where the C library has no mallopt.</summary>
    public static void Apply()
    {
        if (OperatingSystem.IsLinux())
        {
            Try(KeepFreedMemory);
        }
    }

    /// <summary>On processors that NNPACK does not know, every convolution that asks for it writes a line to the standard error. Loads libtorch.</summary>
    internal static void LeaveOutNnpack()
    {
        // The first call makes TorchSharp load libtorch from where it finds it.
        _ = TorchSharp.torch.get_num_threads();
        Try(() => UseNnpack(GlobalContext(), false));
    }

    /// <summary>libtorch asks for the same large blocks in every step, and glibc hands blocks of that size back to the system each time: a third of a step went into page faults.</summary>
    private static void KeepFreedMemory()
    {
        _ = Set(MapMax, 0);
        _ = Set(TrimThreshold, int.MaxValue);
        _ = Set(TopPad, 64 << 20);
        _ = Set(ArenaMax, 1);
    }

    // musl has no mallopt, and a libtorch of another compiler has other names.
    private static void Try(Action set)
    {
        try
        {
            set();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    // at::Context::setUserEnabledNNPACK.
    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static partial void UseNnpack(nint context, [MarshalAs(UnmanagedType.U1)] bool enabled);
}
