using System.Diagnostics;

namespace IpGan.Testing;

/// <summary>A disk of a few megabytes that a test may fill, in memory. Only who may mount has one.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Null where mounting is not permitted.</summary>
    public static SmallDisk? TryMount(int megabytes)
    {
        var path = Directory.CreateTempSubdirectory("ipgan-disk-").FullName;
        if (OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "ipgan-test", path))
        {
            return new SmallDisk(path);
        }
        Directory.Delete(path);
        return null;
    }

    /// <summary>Writes until nothing more fits; the file to delete to have room again.</summary>
    public string Fill()
    {
        var file = System.IO.Path.Combine(Path, ".filler");
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        // Large pieces first; the last page goes to single bytes.
        for (var piece = new byte[1 << 20]; ;)
        {
            try
            {
                stream.Write(piece);
            }
            catch (IOException) when (piece.Length > 1)
            {
                piece = new byte[piece.Length / 2];
            }
            catch (IOException)
            {
                return file;
            }
        }
    }

    public void Dispose()
    {
        // Lazily: a process that is going may still have a file open.
        Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
