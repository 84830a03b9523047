using System.Globalization;

namespace IpGan.Training.Evaluation.Report;

/// <summary>The plots of a report, as SVG elements.</summary>
internal static class ReportPlots
{
    private static readonly (double, string)[] Shares = [.. Enumerable.Range(0, 6).Select(i => (i * 0.2, $"{i * 20} %"))];
    private static readonly (double, string)[] Yaws = [.. Enumerable.Range(-3, 7).Select(i => (i * 30.0, $"{i * 30}°"))];

    /// <summary>Right acceptances over false ones, the latter logarithmic.</summary>
    public static string Curves(IEnumerable<(string Name, Verification Verification)> rows)
    {
        var plot = new SvgPlot("different pairs accepted", "same pairs accepted");
        foreach (var (name, v) in rows)
        {
            plot.Line(name, [.. v.Curve.Where(p => p[0] >= 0.001).Select(p => (Math.Log10(p[0]), p[1]))]);
        }
        return plot.Render([(-3, "0.1 %"), (-2, "1 %"), (-1, "10 %"), (0, "100 %")], Shares);
    }

    /// <summary>Identity kept over target yaw, with the ceiling of the judge.</summary>
    public static string IdentityKept(IReadOnlyList<RotationReport> reports)
    {
        var plot = new SvgPlot("target yaw", "person kept");
        foreach (var report in reports)
        {
            plot.Line(report.Model, Points(report, b => b.IdentityKept));
        }
        plot.Line("real photos", Points(reports[0], b => b.IdentityCeiling), dashed: true);
        return plot.Render(Yaws, Shares);
    }

    /// <summary>Error of yaw over target yaw.</summary>
    public static string YawError(IReadOnlyList<RotationReport> reports)
    {
        var plot = new SvgPlot("target yaw", "mean error of yaw");
        foreach (var report in reports)
        {
            plot.Line(report.Model, Points(report, b => b.YawError));
        }
        plot.Line("real photos", Points(reports[0], b => b.YawErrorReal), dashed: true);
        var largest = reports.SelectMany(r => r.Bins).Select(b => b.YawError).Append(10).Max();
        var step = largest > 40 ? 20 : largest > 20 ? 10 : 5;
        return plot.Render(Yaws, [.. Enumerable.Range(0, (int)Math.Ceiling(largest / step) + 1)
            .Select(i => ((double)i * step, (i * step).ToString(CultureInfo.InvariantCulture) + "°"))]);
    }

    private static List<(double, double)> Points(RotationReport report, Func<YawBinReport, double?> value) =>
        [.. report.Bins.Where(b => value(b) is not null).Select(b => ((b.From + b.To) / 2, value(b)!.Value))];
}
