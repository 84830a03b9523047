using System.Runtime.InteropServices;
using System.Text;

namespace IpGan.Onnx.Native;

/// <summary>
/// Makes TorchSharp loadable on systems whose libstdc++ is older than GCC 13's, Debian 12 among them: there, and only there, the copy of
/// <c>libLibTorchSharp.so</c> beside the program's assemblies is replaced by one that does without the newer symbol.
/// </summary>
public static class TorchNativeLibrary
{
    private const string FileName = "libLibTorchSharp.so";

    /// <summary>Replaces the library if that is needed; does nothing otherwise. Safe to call from several processes at once.</summary>
    /// <exception cref="InvalidOperationException">The library is broken, or the program's folder cannot be written.</exception>
    public static void EnsureLoadable()
    {
        // Beside this assembly, which a host may have loaded from elsewhere; within a single file there is no such place.
        var folder = Path.GetDirectoryName(typeof(TorchNativeLibrary).Assembly.Location) is { Length: > 0 } own ? own : AppContext.BaseDirectory;
        var file = Path.Combine(folder, FileName);
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && File.Exists(file) && !SystemHasVersion())
        {
            EnsurePatched(file);
        }
    }

    internal static void EnsurePatched(string file)
    {
        byte[] patched;
        try
        {
            var library = File.ReadAllBytes(file);
            if (!ElfSymbolVersionPatch.IsNeeded(library))
            {
                return;
            }
            patched = ElfSymbolVersionPatch.Apply(library);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidOperationException($"'{file}' is not the library that TorchSharp's package brings: {e.Message} Build the program again.", e);
        }
        // Under another name first: a process that loads the library meanwhile sees the old file or the new one, whole.
        var temporary = $"{file}.{Guid.NewGuid():N}";
        try
        {
            var written = File.GetLastWriteTimeUtc(file);
            File.WriteAllBytes(temporary, patched);
            // Same size and time: the next build takes the file for unchanged and keeps it.
            File.SetLastWriteTimeUtc(temporary, written);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new InvalidOperationException(
                $"This system's libstdc++ is older than GCC 13's, so '{file}' must be adapted to it, and it cannot be written: {e.Message} "
                + "Make the folder writable for the first start, or use Debian 13, Ubuntu 24.04 or newer.", e);
        }
    }

    private static bool SystemHasVersion()
    {
        // The loader knows where the system's libstdc++ is; /proc says which file it took.
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _))
        {
            return true;
        }
        var path = File.ReadLines("/proc/self/maps").Select(l => l[(l.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(p => Path.GetFileName(p).StartsWith("libstdc++.so.6", StringComparison.Ordinal));
        return path is null || File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(ElfSymbolVersionPatch.NewVersion + '\0')) >= 0;
    }
}
