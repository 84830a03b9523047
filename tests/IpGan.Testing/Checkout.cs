namespace IpGan.Testing;

/// <summary>The working tree that the tests were built in.</summary>
public static class Checkout
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = Find();

    /// <summary>The model packages that ship.</summary>
    public static string Models => Path.Combine(Root, "models");

    /// <summary>The packages that were trained on rendered heads alone.</summary>
    public static string CleanModels => Path.Combine(Root, "models-clean");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IpGan.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} lies in no checkout.");
        }
        return folder.FullName;
    }
}
