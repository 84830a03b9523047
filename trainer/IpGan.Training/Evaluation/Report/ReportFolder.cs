using System.Text.Json;
using System.Text.Json.Serialization;

namespace IpGan.Training.Evaluation.Report;

/// <summary>An evaluation as files: <c>report.json</c> for programs, <c>report.html</c> for people.</summary>
public static class ReportFolder
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Writes both into a folder that is there.</summary>
    public static void Write(string folder, string title, EvaluationReport report, IReadOnlyList<EvaluationGrid> grids)
    {
        File.WriteAllText(Path.Combine(folder, "report.json"), JsonSerializer.Serialize(report, Json));
        File.WriteAllText(Path.Combine(folder, "report.html"), new HtmlReport(title, report, grids).Write());
    }
}
