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

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Kill(int process, int signal);
}
