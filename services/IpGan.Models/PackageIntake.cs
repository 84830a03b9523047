using static IpGan.Models.PackageChecks;

namespace IpGan.Models;

/// <summary>Takes packages that lie elsewhere into a repository on disk, so that nobody who watches it ever sees half of one.</summary>
public static class PackageIntake
{
    /// <summary>
    /// Fetches a version's files beside the others, and renames them into place when they are a complete package. One that is complete and wrong is taken,
    /// too: whoever loads packages refuses it in sight of everybody.
    /// </summary>
    /// <param name="repository">Where to.</param>
    /// <param name="role">The role.</param>
    /// <param name="version">The version; must not be there yet, unless it is replaced.</param>
    /// <param name="files">Size by path inside the package. Hidden files are passed over.</param>
    /// <param name="fetch">Writes a file's content.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="replace">Removes the version that is there, when all of the new one has come.</param>
    /// <exception cref="PackageIncompleteException">Files are missing or short; the rest may still come.</exception>
    /// <exception cref="IOException">A file came shorter or longer than it was said to be, or cannot be written; another try may go better.</exception>
    /// <exception cref="PackageInvalidException">Files whose names or sizes no package has; nothing is fetched.</exception>
    public static async Task TakeAsync(
        ModelRepository repository, ModelRole role, int version, IReadOnlyDictionary<string, long> files, Func<string, Stream, CancellationToken, Task> fetch,
        CancellationToken cancel, bool replace = false)
    {
        var wanted = files.Where(f => !f.Key.Split('/').Any(name => name.StartsWith('.') && name is not ("." or ".."))).ToList();
        Check(wanted.Count <= MaxFiles + 1, $"there are {wanted.Count} files; a package has {MaxFiles} at most");
        foreach (var (path, size) in wanted)
        {
            Check(path == Manifest.FileName || IsInside(path), $"the path '{path}' is not that of a file inside the package");
            var limit = path == ModelPackage.ModelFile ? MaxModelBytes : MaxOtherBytes;
            Check(size <= limit, $"{path} has {size} bytes; the limit is {limit}");
        }
        if (!wanted.Exists(f => f.Key == Manifest.FileName))
        {
            throw new PackageIncompleteException($"{Manifest.FileName} is missing");
        }
        var staging = PackagePublisher.CreateStaging(Path.Combine(repository.Root, role.Name()), TimeProvider.System);
        try
        {
            foreach (var (path, size) in wanted)
            {
                var target = Path.Combine(staging, path);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                await using var stream = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
                await fetch(path, stream, cancel).ConfigureAwait(false);
                // As if it had been published here: after a loss of power there is no version whose files are empty.
                stream.Flush(flushToDisk: true);
                if (stream.Length != size)
                {
                    throw new IOException($"{path} came with {stream.Length} bytes instead of {size}.");
                }
            }
            try
            {
                ModelPackage.Open(staging);
            }
            catch (PackageInvalidException)
            {
                // See above.
            }
            if (replace)
            {
                Remove(repository, role, version);
            }
            Directory.Move(staging, repository.Folder(role, version));
        }
        catch (IOException) when (!replace && Directory.Exists(repository.Folder(role, version)))
        {
            // Another process on the same folder was quicker.
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    /// <summary>Removes a version, from one moment to the next for whoever watches.</summary>
    public static void Remove(ModelRepository repository, ModelRole role, int version)
    {
        var staging = PackagePublisher.CreateStaging(Path.Combine(repository.Root, role.Name()), TimeProvider.System);
        try
        {
            Directory.Move(repository.Folder(role, version), Path.Combine(staging, "removed"));
        }
        catch (DirectoryNotFoundException)
        {
            // Another process did it.
        }
        Directory.Delete(staging, recursive: true);
    }
}
