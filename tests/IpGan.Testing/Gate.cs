using System.ComponentModel;
using System.Runtime.InteropServices;

namespace IpGan.Testing;

/// <summary>A file at which whoever reads it waits for as long as the test likes: a pipe with a name. Linux and macOS only.</summary>
public static partial class Gate
{
    private const uint OwnersAlone = 0b110_000_000;

    /// <summary>Puts one there. A program that reads files in their order does all before it, and does not end before it is killed.</summary>
    public static void Create(string path)
    {
        if (MakeFifo(path, OwnersAlone) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Lets the one who waits go on, who finds the file empty; waits for him if he has not come yet.</summary>
    public static void Open(string path) => new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int MakeFifo(string path, uint mode);
}
