using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace IpGan.Models;

/// <summary>
/// The folder that holds all packages: <c>ROLE/VERSION</c>, VERSION a positive integer, the highest the newest; and <c>ROLE/pinned</c>, the version that
/// operators chose, if they did.
/// </summary>
/// <param name="Root">The folder; it need not be there yet.</param>
public sealed record ModelRepository(string Root)
{
    /// <summary>The file in a role's folder that holds the version which operators chose.</summary>
    public const string PinFileName = "pinned";

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

    /// <summary>
    /// The version that operators chose for every service on this repository: the content of <c>ROLE/pinned</c>. Null: none, the newest is followed.
    /// </summary>
    /// <exception cref="InvalidDataException">The file holds something else than a version.</exception>
    public int? ReadPin(ModelRole role)
    {
        string text;
        try
        {
            text = File.ReadAllText(PinFile(role)).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        return ParseVersion(text) ?? throw new InvalidDataException(
            $"'{PinFile(role)}' holds '{(text.Length > 40 ? text[..40] + "…" : text)}'; it must hold a version, a positive integer, or not be there.");
    }

    /// <summary>Writes the choice, or takes it back; a reader sees the old one or the new one.</summary>
    /// <exception cref="IOException">The repository cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void WritePin(ModelRole role, int? version)
    {
        if (version is null)
        {
            File.Delete(PinFile(role));
            return;
        }
        var temporary = $"{PinFile(role)}.{Environment.ProcessId}.part";
        File.WriteAllText(temporary, version.Value.ToString(CultureInfo.InvariantCulture) + "\n");
        File.Move(temporary, PinFile(role), overwrite: true);
    }

    private string PinFile(ModelRole role) => Path.Combine(Root, role.Name(), PinFileName);

    /// <summary>The version of a folder's name: a positive integer without leading zeros; null for anything else.</summary>
    public static int? ParseVersion(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
        && version.ToString(CultureInfo.InvariantCulture) == name
            ? version
            : null;
}
