using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace IpGan.Observability.Tests;

/// <summary>The dashboard and the alerts in deploy/observability.</summary>
internal static class ShippedQueries
{
    private const string Folder = "deploy/observability";

    public static IReadOnlyList<JsonElement> Panels { get; } =
        [.. Dashboard.GetProperty("panels").EnumerateArray().Where(p => p.GetProperty("type").GetString() != "row")];

    public static JsonElement Dashboard => JsonSerializer.Deserialize<JsonElement>(Text("grafana/ip-gan.json"));

    public static IReadOnlyList<Query> Alerts { get; } =
    [
        .. ((YamlSequenceNode)Yaml("alerts.yml")["groups"]).SelectMany(g => (YamlSequenceNode)g["rules"]).Select(r => new Query($"{r["alert"]}", $"{r["expr"]}")),
    ];

    public static IEnumerable<Query> All =>
        [.. Panels.SelectMany(Of), .. Alerts, .. Dashboard.GetProperty("annotations").GetProperty("list").EnumerateArray().Select(a => new Query("annotation", a.GetProperty("expr").GetString()!))];

    public static IEnumerable<Query> Of(JsonElement panel) =>
        panel.GetProperty("targets").EnumerateArray().Select(t => new Query(panel.GetProperty("title").GetString()!, t.GetProperty("expr").GetString()!));

    public static string Text(string file) => File.ReadAllText(Path.Combine(Checkout.Root, Folder, file));

    public static YamlNode Yaml(string file)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Text(file)));
        return yaml.Documents[0].RootNode;
    }
}
