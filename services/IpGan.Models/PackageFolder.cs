namespace IpGan.Models;

/// <summary>Looks into a package's folder.</summary>
internal static class PackageFolder
{
    private static readonly EnumerationOptions Options = new()
    {
        RecurseSubdirectories = true,
        // A link to a folder above would go round for ever; packages are two levels deep.
        MaxRecursionDepth = 4,
        AttributesToSkip = 0,
        IgnoreInaccessible = true,
    };

    /// <summary>All files, folders and links in it, at any depth, in a fixed order.</summary>
    public static IEnumerable<FileSystemInfo> Entries(string folder) =>
        new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Options).OrderBy(e => e.FullName, StringComparer.Ordinal);
}
