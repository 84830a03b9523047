using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IpGan.Client;
using Spectre.Console;

namespace IpGan.CommandLine;

/// <summary>Results: a table for people, JSON for programs.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes one result.</summary>
    /// <param name="parse">Says which of the two.</param>
    /// <param name="result">For programs: one line.</param>
    /// <param name="columns">For people.</param>
    /// <param name="rows">A cell for each column.</param>
    public static void Write(ParseResult parse, object result, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (parse.GetValue(Verb.Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(result, Json));
            return;
        }
        if (Console.IsOutputRedirected)
        {
            // Nothing to fit into: a row is a line.
            AnsiConsole.Profile.Width = 500;
        }
        var table = new Table().Border(TableBorder.Rounded).AddColumns([.. columns]);
        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }
        AnsiConsole.Write(table);
    }

    /// <summary>A vector for programs.</summary>
    public static object Of(FaceVector vector) => new { vector.Space, vector.ModelVersion, Values = vector.Values.ToArray() };
}
