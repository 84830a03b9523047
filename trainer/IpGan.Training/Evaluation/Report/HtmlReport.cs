using System.Globalization;
using System.Net;
using System.Text;

namespace IpGan.Training.Evaluation.Report;

/// <summary>
/// An evaluation as one page that needs nothing beside it but the grids, which it names and does not hold: they show real people, the page may be passed on.
/// </summary>
internal sealed class HtmlReport(string title, EvaluationReport report, IReadOnlyList<EvaluationGrid> grids)
{
    private const string Style = """
        body { font: 15px/1.45 sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; color: #222; }
        h2 { margin-top: 2em; } table { border-collapse: collapse; margin: .8em 0; } th, td { padding: .25em .8em; text-align: right; border-bottom: 1px solid #ddd; }
        th:first-child, td:first-child { text-align: left; white-space: nowrap; } .plots { display: flex; flex-wrap: wrap; gap: 12px; } figure { margin: 1em 0; } img { max-width: 100%; }
        p.note { color: #555; max-width: 60em; }
        """;

    private readonly StringBuilder _html = new();

    public string Write()
    {
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(Encoded(title)).Append("</title><style>\n")
            .Append(Style).Append("\n</style></head><body>\n<h1>").Append(Encoded(title)).Append("</h1>\n");
        Note($"Measured on {report.People} people that the model was never trained on.");
        if (report.LeftOut.Count > 0)
        {
            Note($"{report.LeftOut.Count} more validation people are trained on under another name, and were left out: "
                + $"{string.Join(", ", report.LeftOut.Select(p => $"{p.Key} is {p.Value}"))}.");
        }
        Verification();
        Rotation();
        Angles();
        AskedYaw();
        Realism();
        Leaks();
        Augmentation();
        Grids();
        return _html.Append("</body></html>\n").ToString();
    }

    private void Verification()
    {
        Heading("Verification");
        Note("Is it the same person? Pairs of two frontal photos, and of a frontal photo and a profile. The first accuracy is that of a threshold chosen on other "
            + "people, in ten folds; the second that of the best threshold on these very pairs, which is the threshold to use.");
        var rows = VerificationRows(report).ToList();
        Table(
            ["pairs", "accuracy", "at the best threshold", "EER", "TAR at FAR 1 %", "AUC", "threshold", "for FAR 1 %", "pairs of one person", "of two"],
            rows.Select(r => new[]
            {
                r.Name, r.Verification.HeldOutAccuracy is { } a ? Percent(a) : "too few people", Percent(r.Verification.Accuracy), Percent(r.Verification.EqualErrorRate),
                Percent(r.Verification.AcceptedAtOnePercent), Percent(r.Verification.AreaUnderCurve), Number(r.Verification.Threshold),
                Number(r.Verification.ThresholdAtOnePercent), r.Verification.Pairs.ToString(CultureInfo.InvariantCulture), r.Verification.DifferentPairs.ToString(CultureInfo.InvariantCulture),
            }));
        string Curves(string kind) => ReportPlots.Curves(rows.Where(r => r.Name.EndsWith(kind, StringComparison.Ordinal)));
        Plots(Curves("frontal"), Curves("profile"));
    }

    private void Rotation()
    {
        Heading("Rotation");
        if (report.Comparisons.Count == 0)
        {
            Note("The data set has no angles: rotation was not measured.");
            return;
        }
        foreach (var byJudge in report.Comparisons.GroupBy(c => c.Judge))
        {
            var reports = byJudge.ToList();
            Note($"Judged by: {byJudge.Key}. One frontal photo of a person is given the pose of somebody else's photo and compared with another frontal photo of the person, at the "
                + "judge's threshold for frontal–profile pairs. Real photos: the person's own photos in that bin, at the same threshold. Taken for others: compared with a frontal photo of each other person instead. Yaw is read by this model's pose encoder.");
            Table(
                ["target yaw", .. reports.Select(r => $"kept: {r.Model}"), "kept: real photos", .. reports.Select(r => $"taken for others: {r.Model}"), "taken for others: real photos", .. reports.Select(r => $"yaw error: {r.Model}"), "real photos", "pictures", "reference photos"],
                reports[0].Bins.Select((bin, i) => (string[])[
                    $"{bin.From:F0}° to {bin.To:F0}°", .. reports.Select(r => Percent(r.Bins[i].IdentityKept)), bin.IdentityCeiling is { } c ? Percent(c) : "none",
                    .. reports.Select(r => Percent(r.Bins[i].TakenForOthers)), bin.TakenForOthersReal is { } o ? Percent(o) : "none",
                    .. reports.Select(r => Degrees(r.Bins[i].YawError)), Degrees(bin.YawErrorReal),
                    bin.Pictures.ToString(CultureInfo.InvariantCulture), bin.References.ToString(CultureInfo.InvariantCulture)]));
            Plots(ReportPlots.IdentityKept(reports), ReportPlots.YawError(reports));
        }
    }

    private void Angles()
    {
        if (report.Heads.Count == 0)
        {
            return;
        }
        Heading("Angles");
        Note("The pose encoder on rendered heads of people never trained on, whose angles are exact: mean absolute errors. By the table: the yaw at which the table from angles to "
            + "pose vectors comes nearest to the picture's own vector.");
        Table(
            ["yaw, to both sides", "yaw", "pitch", "roll", "yaw by the table", "pictures"],
            report.Heads.Select(b => (string[])[
                $"{b.From:F0}° to {Math.Min(b.To, 95):F0}°", Degrees(b.YawError), Degrees(b.PitchError), Degrees(b.RollError), Degrees(b.TableYawError),
                b.Pictures.ToString(CultureInfo.InvariantCulture)]));
    }

    private void AskedYaw()
    {
        if (report.AskedYaw.Count == 0)
        {
            return;
        }
        Heading("Poses asked for by their angles");
        Note("One photo of each person, drawn at yaw as given, pitch and roll 0; the pose encoder reads what came.");
        Table(["yaw asked for", "mean yaw seen", "off by", "people"], report.AskedYaw.Select(b => (string[])[
            Degrees(b.Yaw), Degrees(b.Seen), Degrees(b.Error), b.Pictures.ToString(CultureInfo.InvariantCulture)]));
    }

    private void Realism()
    {
        if (report.Realism is not { } realism)
        {
            return;
        }
        Heading("Realism and diversity");
        Note($"Fréchet distance to {realism.Pictures} training photos, on the features of this model's identity encoder (its last convolution, averaged over the picture): compares with no "
            + "other model's. Features of the same network teach the generator, so drawn pictures come off too well. Other photos are of people never trained on: as near as another mix of people and views comes.");
        var rows = new List<string[]>
        {
            new[] { "other photos", Number(realism.OtherPhotos) }, new[] { "those people, rotated", Number(realism.Rotated) }, new[] { "generated people", Number(realism.Generated) },
        };
        if (realism.RenderedHeads is { } heads)
        {
            rows.Add(["rendered heads", Number(heads)]);
        }
        rows.Add(["mean cosine of two people's photos", Number(realism.CosineOfPhotos)]);
        rows.Add(["mean cosine of two generated people", Number(realism.CosineOfGenerated)]);
        Table(["pictures", "value"], rows);
    }

    private void Leaks()
    {
        Heading("Leaks");
        var rows = new List<string[]> { new[] { "person guessed from the pose vector", Percent(report.IdentityFromPose), $"chance {Percent(report.Chance)}" } };
        if (report.IdentityFromAngles is { } habit)
        {
            rows.Add(["person guessed from the photos' own angles", Percent(habit), $"chance {Percent(report.Chance)}"]);
        }
        if (report.TurnFromIdentity is { } yaw)
        {
            rows.Add(["variance of |yaw| read from the identity vector", Percent(yaw), "nothing: 0 %"]);
        }
        Note("Linear probes, fitted on one half of the photos and asked about the other.");
        Table(["probe", "right", "for comparison"], rows);
    }

    private void Augmentation()
    {
        if (report.Augmentation is not { } tried)
        {
            return;
        }
        Heading("Turned views as training data");
        Note($"Small recognisers, trained on {tried.Photos} frontal photos of {tried.People} people and, every second one, on {tried.Views} views of them that this model has turned as well; "
            + $"{tried.Pictures} pictures each. Equal error rates on the people above.");
        Table(["seed", "frontal–profile, photos alone", "with views", "frontal–frontal, photos alone", "with views"],
            tried.Recognisers.GroupBy(r => r.Seed).Select(pair => (Seed: pair.Key, Without: pair.Single(r => !r.Views), With: pair.Single(r => r.Views))).Select(pair => new[]
            {
                pair.Seed.ToString(CultureInfo.InvariantCulture),
                Percent(pair.Without.FrontalProfile.EqualErrorRate), Percent(pair.With.FrontalProfile.EqualErrorRate),
                Percent(pair.Without.FrontalFrontal.EqualErrorRate), Percent(pair.With.FrontalFrontal.EqualErrorRate),
            }));
    }

    private void Grids()
    {
        if (grids.Count == 0)
        {
            return;
        }
        Heading("Pictures");
        Note("Files beside this page. Photos of validation people are real people: for looking at, not for passing on.");
        foreach (var grid in grids)
        {
            _html.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Encoded(grid.Caption)}</figcaption><img src=\"{grid.File}\" alt=\"\"></figure>\n");
        }
    }

    /// <summary>Every row of the table of verification, named by who and which pairs.</summary>
    public static IEnumerable<(string Name, Verification Verification)> VerificationRows(EvaluationReport report)
    {
        yield return ("frontal–frontal", report.FrontalFrontal);
        yield return ("frontal–profile", report.FrontalProfile);
        if (report.TeacherFrontalFrontal is { } teacherFrontal)
        {
            yield return ("data set's descriptors, frontal–frontal", teacherFrontal);
        }
        if (report.TeacherFrontalProfile is { } teacherProfile)
        {
            yield return ("data set's descriptors, frontal–profile", teacherProfile);
        }
        foreach (var other in report.Others.Concat(report.Disturbed))
        {
            yield return ($"{other.Name}, frontal–frontal", other.FrontalFrontal);
            yield return ($"{other.Name}, frontal–profile", other.FrontalProfile);
        }
    }

    private void Heading(string text) => _html.Append(CultureInfo.InvariantCulture, $"<h2>{Encoded(text)}</h2>\n");

    private void Note(string text) => _html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Encoded(text)}</p>\n");

    private void Plots(params string[] plots) => _html.Append("<div class=\"plots\">\n").AppendJoin('\n', plots).Append("\n</div>\n");

    private void Table(IEnumerable<string> head, IEnumerable<string[]> rows)
    {
        _html.Append("<table><tr>").AppendJoin("", head.Select(h => $"<th>{Encoded(h)}</th>")).Append("</tr>\n");
        foreach (var row in rows)
        {
            _html.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{Encoded(cell)}</td>")).Append("</tr>\n");
        }
        _html.Append("</table>\n");
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);

    private static string Percent(double value) => (value * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";

    private static string Degrees(double value) => value.ToString("F1", CultureInfo.InvariantCulture) + "°";

    private static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
