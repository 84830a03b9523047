using System.Security.Cryptography;
using System.Text.Json;

namespace IpGan.Models;

/// <summary>A package before it has a version: the manifest without its list of files, and the files.</summary>
/// <param name="Manifest">Its <see cref="Models.Manifest.Files"/> are filled in on publishing.</param>
/// <param name="Files">Content by path inside the package.</param>
public sealed record PackageDraft(Manifest Manifest, IReadOnlyDictionary<string, byte[]> Files)
{
    /// <summary>Float32 numbers as a file's content, little-endian.</summary>
    public static byte[] Floats(ReadOnlySpan<float> values) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(values).ToArray();
}

/// <summary>Puts packages into a repository so that nobody ever sees half of one.</summary>
public static class PackagePublisher
{
    private const string StagingPrefix = ".staging-";
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(1);

    /// <summary>
    /// Writes the package beside the versions, checks it, and renames it to the next free version, which it returns. Two publishers at once get
    /// two versions; one that is killed leaves a hidden folder that a later one removes.
    /// </summary>
    /// <param name="root">The repository's folder; made if it is not there.</param>
    /// <param name="draft">The package.</param>
    /// <param name="time">Tells what is stale. Default: the system's time.</param>
    /// <exception cref="PackageInvalidException">The draft would be refused by those who load it; nothing is published.</exception>
    /// <exception cref="ArgumentException">The manifest's role is none.</exception>
    public static int Publish(string root, PackageDraft draft, TimeProvider? time = null)
    {
        var role = ModelRoles.Parse(draft.Manifest.Role);
        foreach (var path in draft.Files.Keys)
        {
            PackageChecks.Check(PackageChecks.IsInside(path), $"the path '{path}' is not that of a file inside the package");
        }
        var folder = Path.Combine(root, role.Name());
        Directory.CreateDirectory(folder);
        RemoveStale(folder, (time ?? TimeProvider.System).GetUtcNow().UtcDateTime - StaleAfter);
        // The role is the name of the parent folder, so the staged package can be opened like a published one.
        var staging = Path.Combine(folder, StagingPrefix + Guid.NewGuid().ToString("N"));
        try
        {
            var files = draft.Files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => Write(staging, f.Key, f.Value)).ToList();
            Write(staging, Manifest.FileName, JsonSerializer.SerializeToUtf8Bytes(draft.Manifest with { Files = files }, Manifest.Json));
            ModelPackage.Open(staging);
            return Rename(role, root, staging);
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    private static PackageFile Write(string staging, string path, byte[] content)
    {
        var target = Path.Combine(staging, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var stream = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
        return new PackageFile(path, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    private static int Rename(ModelRole role, string root, string staging)
    {
        var repository = new ModelRepository(root);
        while (true)
        {
            var next = repository.Versions(role) is [var newest, ..] ? checked(newest + 1) : 1;
            try
            {
                Directory.Move(staging, repository.Folder(role, next));
                return next;
            }
            catch (IOException) when (Directory.Exists(repository.Folder(role, next)))
            {
                // Another publisher took this number.
            }
        }
    }

    private static void RemoveStale(string folder, DateTime before)
    {
        foreach (var left in Directory.GetDirectories(folder, StagingPrefix + "*"))
        {
            try
            {
                if (Directory.GetLastWriteTimeUtc(left) < before)
                {
                    Directory.Delete(left, recursive: true);
                }
            }
            catch (IOException)
            {
                // Another publisher is removing it, too.
            }
        }
    }
}
