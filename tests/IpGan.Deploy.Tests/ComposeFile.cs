using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace IpGan.Deploy.Tests;

/// <summary>docker-compose.yml, as far as the tests look at it.</summary>
internal sealed class ComposeFile
{
    public const string FileName = "docker-compose.yml";

    [YamlMember(Alias = "services")]
    public Dictionary<string, ComposeService> All { get; init; } = [];

    /// <summary>The product's own: those that are built from its container files.</summary>
    public IReadOnlyDictionary<string, ComposeService> Services => All.Where(s => s.Value.Build.Dockerfile.Length > 0).ToDictionary();

    /// <summary>Those that watch it.</summary>
    public IReadOnlyDictionary<string, ComposeService> Watchers => All.Where(s => s.Value.Profiles.Contains("observability")).ToDictionary();

    public static ComposeFile Read()
    {
        using var text = new StringReader(Tree.Text(FileName));
        return new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<ComposeFile>(new MergingParser(new Parser(text)));
    }

    /// <summary>All of a compose file as JSON, with what is merged in its place.</summary>
    public static string ToJson(string yaml)
    {
        using var text = new StringReader(yaml);
        var tree = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(new MergingParser(new Parser(text)));
        return new SerializerBuilder().JsonCompatible().Build().Serialize(tree);
    }

    /// <summary>Services that start when a profile is on.</summary>
    public IEnumerable<KeyValuePair<string, ComposeService>> With(string profile) =>
        Services.Where(s => s.Value.Profiles.Count == 0 || s.Value.Profiles.Contains(profile));
}

internal sealed class ComposeService
{
    [YamlMember(Alias = "image")]
    public string Image { get; init; } = "";

    [YamlMember(Alias = "build")]
    public ComposeBuild Build { get; init; } = new();

    [YamlMember(Alias = "profiles")]
    public List<string> Profiles { get; init; } = [];

    [YamlMember(Alias = "environment")]
    public Dictionary<string, string> Environment { get; init; } = [];

    [YamlMember(Alias = "ports")]
    public List<string> Ports { get; init; } = [];

    [YamlMember(Alias = "volumes")]
    public List<string> Volumes { get; init; } = [];

    [YamlMember(Alias = "cap_drop")]
    public List<string> DroppedCapabilities { get; init; } = [];

    [YamlMember(Alias = "restart")]
    public string Restart { get; init; } = "";

    [YamlMember(Alias = "stop_grace_period")]
    public string StopGracePeriod { get; init; } = "";

    [YamlMember(Alias = "read_only")]
    public bool ReadOnly { get; init; }

    [YamlMember(Alias = "depends_on")]
    public Dictionary<string, ComposeDependency> DependsOn { get; init; } = [];

    // A list of names, or a map from a name to its aliases.
    [YamlMember(Alias = "networks")]
    public object? Networks { get; init; }

    [YamlMember(Alias = "deploy")]
    public object? Deploy { get; init; }

    public ContainerFile Container => ContainerFile.Read(Build.Dockerfile, Build.Arguments.GetValueOrDefault(ContainerFile.ServiceArgument, ""));

    public IEnumerable<string> NetworkNames => Networks switch
    {
        List<object> names => names.Cast<string>(),
        Dictionary<object, object> map => map.Keys.Cast<string>(),
        _ => [],
    };

    public IEnumerable<string> Aliases => Networks is Dictionary<object, object> map
        ? map.Values.OfType<Dictionary<object, object>>().SelectMany(network => (List<object>)network["aliases"]).Cast<string>()
        : [];
}

internal sealed class ComposeBuild
{
    [YamlMember(Alias = "context")]
    public string Context { get; init; } = "";

    [YamlMember(Alias = "dockerfile")]
    public string Dockerfile { get; init; } = "";

    [YamlMember(Alias = "args")]
    public Dictionary<string, string> Arguments { get; init; } = [];
}

internal sealed class ComposeDependency
{
    [YamlMember(Alias = "condition")]
    public string Condition { get; init; } = "";

    [YamlMember(Alias = "required")]
    public bool Required { get; init; } = true;
}
