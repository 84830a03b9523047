using IpGan.Models;

namespace IpGan.Testing;

/// <summary>A folder that is removed after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ipgan-test-").FullName;

    public string Role(ModelRole role) => System.IO.Path.Combine(Path, role.Name());

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
