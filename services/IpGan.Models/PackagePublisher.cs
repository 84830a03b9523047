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

    /// <summary>Publishes one package: <see cref="PublishAll"/> of one.</summary>
    public static int Publish(string root, PackageDraft draft, TimeProvider? time = null, ECDsa? key = null) => PublishAll(root, [draft], time, key)[0];

    /// <summary>
    /// Writes each package beside the versions and checks it, and only when all are sound renames each to the next free version, which it returns.
    /// Two publishers at once get two versions; one that is killed leaves hidden folders that a later one removes.
    /// </summary>
    /// <param name="root">The repository's folder; made if it is not there.</param>
    /// <param name="drafts">The packages.</param>
    /// <param name="time">Tells what is stale. Default: the system's time.</param>
    /// <param name="key">Signs each package (<see cref="PackageSignature"/>). Default: none is signed.</param>
    /// <exception cref="PackageInvalidException">A draft would be refused by those who load it; nothing is published.</exception>
    /// <exception cref="ArgumentException">A manifest's role is none; nothing is published.</exception>
    public static IReadOnlyList<int> PublishAll(string root, IReadOnlyList<PackageDraft> drafts, TimeProvider? time = null, ECDsa? key = null)
    {
        var roles = drafts.Select(d => ModelRoles.Parse(d.Manifest.Role)).ToList();
        foreach (var path in drafts.SelectMany(d => d.Files.Keys))
        {
            PackageChecks.Check(PackageChecks.IsInside(path), $"the path '{path}' is not that of a file inside the package");
        }
        var stagings = new List<(ModelRole Role, string Folder)>();
        try
        {
            foreach (var (draft, role) in drafts.Zip(roles))
            {
                stagings.Add((role, CreateStaging(Path.Combine(root, role.Name()), time ?? TimeProvider.System)));
                Stage(stagings[^1].Folder, draft, key);
            }
            return stagings.ConvertAll(s => Rename(s.Role, root, s.Folder));
        }
        finally
        {
            foreach (var (_, staging) in stagings.Where(s => Directory.Exists(s.Folder)))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    /// <summary>A new hidden folder beside the versions; those that somebody left behind long ago are removed.</summary>
    internal static string CreateStaging(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        RemoveStale(folder, time.GetUtcNow().UtcDateTime - StaleAfter);
        // The role is the name of the parent folder, so a staged package can be opened like a published one.
        return Directory.CreateDirectory(Path.Combine(folder, StagingPrefix + Guid.NewGuid().ToString("N"))).FullName;
    }

    private static void Stage(string staging, PackageDraft draft, ECDsa? key)
    {
        var files = draft.Files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => Write(staging, f.Key, f.Value)).ToList();
        var manifest = Write(staging, Manifest.FileName, JsonSerializer.SerializeToUtf8Bytes(draft.Manifest with { Files = files }, Manifest.Json));
        if (key is not null)
        {
            Write(staging, PackageSignature.FileName, PackageSignature.Sign(key, draft.Manifest.Role, [.. files, manifest]));
        }
        ModelPackage.Open(staging);
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
