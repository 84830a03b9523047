using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace IpGan.Models;

/// <summary>The folder that holds all packages: <c>ROLE/VERSION</c>, VERSION a positive integer, the highest the newest.</summary>
/// <param name="Root">The folder; it need not be there yet.</param>
public sealed record ModelRepository(string Root)
{
    /// <summary>Versions of a role on disk, newest first; complete or not. Hidden folders and other names are passed over.</summary>
    public IReadOnlyList<int> Versions(ModelRole role)
    {
        var folder = Path.Combine(Root, role.Name());
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Select(d => ParseVersion(Path.GetFileName(d))).OfType<int>().OrderDescending()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>A version's folder.</summary>
    public string Folder(ModelRole role, int version) => Path.Combine(Root, role.Name(), version.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Changes whenever a file of the version is added, removed, rewritten or made readable: a hash of names, sizes, times and permissions.
    /// </summary>
    public ulong Fingerprint(ModelRole role, int version)
    {
        var folder = Folder(role, version);
        var hash = new XxHash3();
        try
        {
            foreach (var file in PackageFolder.Entries(folder).OfType<FileInfo>())
            {
                hash.Append(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file.FullName) + "\0"));
                hash.Append(BitConverter.GetBytes(file.Exists ? file.Length : -1));
                hash.Append(BitConverter.GetBytes(file.LastWriteTimeUtc.Ticks));
                hash.Append(BitConverter.GetBytes((int)file.UnixFileMode));
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Removed, perhaps just now: as good as empty.
        }
        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>The version of a folder's name: a positive integer without leading zeros; null for anything else.</summary>
    public static int? ParseVersion(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
        && version.ToString(CultureInfo.InvariantCulture) == name
            ? version
            : null;
}
