using System.Globalization;
using System.Net;
using System.Text;
using ScottPlot;

namespace IpGan.Training.Evaluation.Report;

/// <summary>
/// A plot as SVG. ScottPlot draws lines, axes and grid; what is written is added here as text, so that it looks the same on machines without a font.
/// </summary>
internal sealed class SvgPlot(string xLabel, string yLabel)
{
    private const int Width = 560, Height = 340, Left = 58, Right = 14, Top = 34, Bottom = 48;
    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points, bool Dashed)> _lines = [];

    /// <summary>Adds a line; dashed for what is only there to compare with.</summary>
    public void Line(string name, IReadOnlyList<(double X, double Y)> points, bool dashed = false)
    {
        if (points.Count > 0)
        {
            _lines.Add((name, points, dashed));
        }
    }

    /// <summary>The SVG element.</summary>
    /// <param name="xTicks">Positions and words along the bottom; the first and the last are the limits.</param>
    /// <param name="yTicks">The same along the left side.</param>
    public string Render(IReadOnlyList<(double At, string Text)> xTicks, IReadOnlyList<(double At, string Text)> yTicks)
    {
        using var plot = new Plot();
        plot.Layout.Fixed(new PixelPadding(Left, Right, Bottom, Top));
        var legend = _lines.ConvertAll(l => (l.Name, Colour: Draw(plot, l.Points, l.Dashed)));
        plot.Axes.SetLimits(xTicks[0].At, xTicks[^1].At, yTicks[0].At, yTicks[^1].At);
        plot.Axes.Bottom.SetTicks([.. xTicks.Select(t => t.At)], [.. xTicks.Select(_ => "")]);
        plot.Axes.Left.SetTicks([.. yTicks.Select(t => t.At)], [.. yTicks.Select(_ => "")]);
        var drawn = plot.GetSvgXml(Width, Height);
        var text = new StringBuilder();
        void Write(double x, double y, string anchor, string words, string more = "") => text.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\"{more}>{WebUtility.HtmlEncode(words)}</text>\n");
        double X(double at) => Left + (at - xTicks[0].At) / (xTicks[^1].At - xTicks[0].At) * (Width - Left - Right);
        double Y(double at) => Top + (yTicks[^1].At - at) / (yTicks[^1].At - yTicks[0].At) * (Height - Top - Bottom);
        foreach (var (at, words) in xTicks)
        {
            Write(X(at), Height - Bottom + 18, "middle", words);
        }
        foreach (var (at, words) in yTicks)
        {
            Write(Left - 8, Y(at) + 4, "end", words);
        }
        Write((Left + Width - Right) / 2.0, Height - 8, "middle", xLabel);
        var middle = (Top + Height - Bottom) / 2.0;
        Write(14, middle, "middle", yLabel, string.Create(CultureInfo.InvariantCulture, $" transform=\"rotate(-90 14 {middle:F1})\""));
        // One line above the lines, which may go anywhere.
        text.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{Top - 14}\" font-weight=\"600\">");
        text.AppendJoin(' ', legend.Select((l, i) => $"<tspan fill=\"{l.Colour}\"{(i > 0 ? " dx=\"14\"" : "")}>{WebUtility.HtmlEncode(l.Name)}</tspan>")).Append("</text>\n");
        // From the element on: the declaration before it belongs to a file of its own.
        var svg = drawn[drawn.IndexOf("<svg", StringComparison.Ordinal)..].TrimEnd();
        return svg[..^"</svg>".Length] + $"<g font-family=\"sans-serif\" font-size=\"12\">\n{text}</g></svg>";
    }

    private static string Draw(Plot plot, IReadOnlyList<(double X, double Y)> points, bool dashed)
    {
        var line = plot.Add.Scatter(points.Select(p => p.X).ToArray(), points.Select(p => p.Y).ToArray());
        line.LineWidth = 2;
        line.MarkerSize = points.Count > 20 ? 0 : 6;
        line.LinePattern = dashed ? LinePattern.Dashed : LinePattern.Solid;
        return line.Color.ToStringRGB();
    }
}
