using System.Text.RegularExpressions;

namespace IpGan.Observability.Tests;

/// <summary>A PromQL expression, as far as the tests look at it.</summary>
internal sealed partial record Query(string Source, string Expression)
{
    private static readonly HashSet<string> Words = ["by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "and", "or", "unless", "le"];

    /// <summary>The expression with numbers for Grafana's variables.</summary>
    public string Runnable => Expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal);

    /// <summary>Every metric with the labels that are asked of it: in its braces, and in groupings.</summary>
    public IReadOnlyList<(string Metric, IReadOnlyList<string> Labels)> Metrics
    {
        get
        {
            var grouped = Groupings().Matches(Expression).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            var selected = Selectors().Matches(Expression).Select(m => (m.Groups[1].Value, Labels().Matches(m.Groups[2].Value).Select(l => l.Groups[1].Value)));
            var bare = Names().Matches(Durations().Replace(Groupings().Replace(Selectors().Replace(Expression, ""), ""), "")).Select(m => m.Value)
                .Where(name => !Words.Contains(name)).Select(name => (name, Enumerable.Empty<string>()));
            return [.. selected.Concat(bare).GroupBy(m => m.Item1).Select(m => (m.Key, (IReadOnlyList<string>)[.. m.SelectMany(x => x.Item2).Concat(grouped).Distinct().Where(l => l != "le")]))];
        }
    }

    /// <summary>Values that a label must equal, one of them, in any selector.</summary>
    public IEnumerable<string> ValuesOf(string label) =>
        Regex.Matches(Expression, $"[{{,] *{label}=~?\"([^\"]*)\"").SelectMany(m => m.Groups[1].Value.Split('|'));

    [GeneratedRegex(@"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")]
    private static partial Regex Groupings();

    [GeneratedRegex(@"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}")]
    private static partial Regex Selectors();

    [GeneratedRegex("([a-z_]+)\\s*(?:=~|!~|!=|=)\\s*\"")]
    private static partial Regex Labels();

    [GeneratedRegex(@"\[[^\]]*\]|offset \w+|\b[0-9][0-9.]*\w*")]
    private static partial Regex Durations();

    // Not a function's name.
    [GeneratedRegex(@"\b[a-zA-Z_][a-zA-Z0-9_]*\b(?!\s*\()")]
    private static partial Regex Names();
}
