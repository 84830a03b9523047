using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IpGan.Testing;

/// <summary>Signals that tests send, by their numbers on Linux.</summary>
public enum Signal
{
    Interrupt = 2,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>kill(2).</summary>
public static partial class Signals
{
    /// <summary>At once: starting the program `kill` would take longer than what is to be interrupted, on a busy machine.</summary>
    public static void Send(Process process, Signal signal)
    {
        if (Kill(process.Id, (int)signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>True where children of this process never hear of <see cref="Signal.Interrupt"/>.</summary>
    // proc(5): the mask of ignored signals, hexadecimal; bit 1 is SIGINT.
    public static bool InterruptIsIgnored => File.ReadLines("/proc/self/status").Where(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))
        .Any(l => (Convert.ToUInt64(l["SigIgn:".Length..].Trim(), 16) & 0b10) != 0);

    /// <summary>Why it may be so.</summary>
    public const string WhyIgnored = "The shell that started the tests in the background ignores SIGINT, and so do their children.";

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Kill(int process, int signal);
}
