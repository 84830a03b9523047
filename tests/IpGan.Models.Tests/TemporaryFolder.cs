namespace IpGan.Models.Tests;

/// <summary>A folder that is removed after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ipgan-models-").FullName;

    public string Role(ModelRole role) => System.IO.Path.Combine(Path, role.Name());

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
