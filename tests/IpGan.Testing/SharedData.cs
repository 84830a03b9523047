namespace IpGan.Testing;

/// <summary>Real photos that lie beside the repository and are never part of it.</summary>
public static class SharedData
{
    /// <summary>The folder's path; skips the test when it is not there.</summary>
    public static string Folder(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", name);
            if (Directory.Exists(candidate))
                return candidate;
        }
        Assert.Skip($"shared/data/{name} is not beside the repository.");
        return "";
    }
}
