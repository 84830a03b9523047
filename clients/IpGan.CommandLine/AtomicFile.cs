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

    /// <summary>Writes lines, as they come, over a file that they may come from; each ends with a line feed. Its folder is there.</summary>
    public static void Write(string path, IEnumerable<string> lines)
    {
        var part = path + Unfinished;
        try
        {
            using (var writer = new StreamWriter(part) { NewLine = "\n" })
            {
                foreach (var line in lines)
                {
                    writer.WriteLine(line);
                }
            }
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}
