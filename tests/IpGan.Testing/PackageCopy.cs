using IpGan.Models;

namespace IpGan.Testing;

/// <summary>A package once more, as another version: what operators do who bring a new one, without training it.</summary>
public static class PackageCopy
{
    /// <summary>Copies a package as a careful program does it: beside its place, then moved.</summary>
    /// <param name="package">The folder of one.</param>
    /// <param name="repository">Where to.</param>
    /// <param name="role">The package's role.</param>
    /// <param name="version">The version that the copy gets.</param>
    /// <param name="damage">Turns a byte of the network round, so that the copy must be refused.</param>
    public static void Publish(string package, ModelRepository repository, ModelRole role, int version, bool damage = false)
    {
        var target = repository.Folder(role, version);
        var staging = Path.Combine(Path.GetDirectoryName(target)!, $".staging-{version}");
        foreach (var file in Directory.EnumerateFiles(package, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(staging, Path.GetRelativePath(package, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        if (damage)
        {
            var network = Path.Combine(staging, ModelPackage.ModelFile);
            var bytes = File.ReadAllBytes(network);
            bytes[bytes.Length / 2] ^= 0xFF;
            File.WriteAllBytes(network, bytes);
        }
        Directory.Move(staging, target);
    }
}
