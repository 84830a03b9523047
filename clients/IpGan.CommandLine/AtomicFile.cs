namespace IpGan.CommandLine;

/// <summary>Files that are there whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>How the names of files end that are being written.</summary>
    public const string Unfinished = ".ipgan-part";

    /// <summary>Writes a file, over an older one if there is one, and makes its folder.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var part = path + Unfinished;
        File.WriteAllBytes(part, content);
        File.Move(part, path, overwrite: true);
    }
}
