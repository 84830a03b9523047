using System.Text.Json;
using System.Xml.Linq;

namespace IpGan.Deploy.Tests;

/// <summary>The project's own files, named by their paths from its root.</summary>
internal static class Tree
{
    public static string Root => Checkout.Root;

    public static string Full(string path) => Path.GetFullPath(Path.Combine(Root, path));

    public static string Text(string path) => File.ReadAllText(Full(path));

    public static bool Exists(string path) => File.Exists(Full(path)) || Directory.Exists(Full(path));

    /// <summary>The folder of a project by its name.</summary>
    public static string ProjectFolder(string project) =>
        new[] { "services", "gateway", "clients" }.Select(folder => $"{folder}/{project}").Single(path => File.Exists(Full($"{path}/{project}.csproj")));

    /// <summary>Where a project was built, beside these tests: artifacts/bin/PROJECT/debug.</summary>
    public static string OutputFolder(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name);
    }

    /// <summary>What a project's program is called.</summary>
    public static string AssemblyName(string project) =>
        XDocument.Load(Full($"{ProjectFolder(project)}/{project}.csproj")).Descendants("AssemblyName").SingleOrDefault()?.Value ?? project;

    /// <summary>Ports of a process by the name of the endpoint, as its appsettings.json has them.</summary>
    public static (int Http, int Grpc) Ports(string project)
    {
        using var settings = JsonDocument.Parse(Text($"{ProjectFolder(project)}/appsettings.json"));
        var endpoints = settings.RootElement.GetProperty("Kestrel").GetProperty("Endpoints");
        int Port(string name) => new Uri(endpoints.GetProperty(name).GetProperty("Url").GetString()!.Replace("*", "any", StringComparison.Ordinal)).Port;
        return (Port("Http"), Port("Grpc"));
    }

    /// <summary>A project file and all that it references, directly or not.</summary>
    public static IReadOnlySet<string> ProjectFiles(string project)
    {
        var found = new HashSet<string>();
        var open = new Queue<string>([$"{ProjectFolder(project)}/{project}.csproj"]);
        while (open.TryDequeue(out var file))
        {
            if (found.Add(file))
            {
                foreach (var reference in Includes(file, "ProjectReference"))
                {
                    open.Enqueue(reference);
                }
            }
        }
        return found;
    }

    /// <summary>Files that a project includes from outside its folder, as links.</summary>
    public static IEnumerable<string> LinkedFiles(string projectFile) => Includes(projectFile, "Compile").Where(path => !path.Contains('*', StringComparison.Ordinal));

    private static IEnumerable<string> Includes(string projectFile, string item) =>
        XDocument.Load(Full(projectFile)).Descendants(item).Attributes("Include")
            .Select(include => Path.GetRelativePath(Root, Path.Combine(Path.GetDirectoryName(Full(projectFile))!, include.Value)).Replace('\\', '/'));
}
