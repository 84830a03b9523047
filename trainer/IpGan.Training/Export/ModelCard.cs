using System.Globalization;
using System.Text;
using IpGan.Models;
using IpGan.Training.Checkpoints;
using IpGan.Training.Evaluation;

namespace IpGan.Training.Export;

/// <summary>The page that travels with a model: what it is, what it was trained on, what it can and cannot do, and its numbers.</summary>
internal sealed class ModelCard(TrainingPreset preset, RunState state, string dataNote, AnchorReach reach, EvaluationReport? report, bool? measuredOnHeads)
{
    /// <summary>How far an update agrees with the encoder whose space it keeps.</summary>
    public AgreementReport? Agreement { get; init; }

    /// <summary>Ways into the identity space.</summary>
    public IReadOnlyList<FittedBridge> Bridges { get; init; } = [];

    public string Write(ModelRole role, double parity, VectorSpace? identitySpace, VectorSpace? poseSpace)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# {role.Name()} of IP-GAN, {preset.Sizes.ImageSize} px");
        Line($"");
        Line($"Method: Zeno, Kalinovskiy, Matveev, \"IP-GAN: Learning Identity and Pose Disentanglement in Generative Adversarial Networks\", ICANN 2019.");
        Line($"");
        Line($"- Training: preset {preset.Name}, seed {state.Seed}, {state.EncoderPictures} pictures for the encoders alone, {state.Triples} triples jointly, {state.Elapsed.TotalHours:F1} hours at {preset.Sizes.ImageSize} px.");
        Line($"- Data: {dataNote}");
        if (identitySpace is not null)
        {
            Line($"- Identity space: {identitySpace.Name}, {identitySpace.Dimension} numbers, unit length.");
        }
        if (poseSpace is not null)
        {
            Line($"- Pose space: {poseSpace.Name}, {poseSpace.Dimension} numbers.");
        }
        Line($"- TorchSharp and ONNX Runtime differ by at most {parity:G2}.");
        Line($"- Limits: one face cut by the crop rule; light, hair and background are not carried over.");
        Line(reach.YawMin < reach.YawMax
            ? (FormattableString)$"- Angles: the table reaches from {reach.YawMin}° to {reach.YawMax}° of yaw, {reach.PitchMin}° to {reach.PitchMax}° of pitch, {reach.RollMin}° to {reach.RollMax}° of roll; {Beyond}"
            : $"- Angles: the data had none, so the angles that the pose encoder tells mean nothing, and its table holds the mean pose alone.");
        if (Agreement is { } agreement)
        {
            Line(agreement.Role == ModelRole.IdentityEncoder
                ? (FormattableString)$"- Trained into a space in use: on {agreement.Photos} photos of people never trained on, new and old vectors have a mean cosine of {agreement.Agreement:F3}, the mean vector taken off; wrong decisions on frontal–profile pairs: {agreement.OldError:P1} old against old, {agreement.MixedError:P1} new against old."
                : $"- Trained into a space in use: on {agreement.Photos} photos of people never trained on, {agreement.Agreement:P1} of the old vectors' variance is kept; yaw is read from old vectors with a mean error of {agreement.OldError ?? double.NaN:F1}°, from new ones with {agreement.MixedError ?? double.NaN:F1}°.");
        }
        foreach (var (from, _, m) in role == ModelRole.IdentityEncoder ? Bridges : [])
        {
            Line($"- Bridge from {from.Name}: among vectors that came over it {m.Found:P1} of {m.MeasuredOn} find the right person first ({m.OldFound:P1} old among old, {m.NewFound:P1} new among new); {m.Accuracy:P1} of pairs are told right from {m.Threshold:F3} on ({m.OldAccuracy:P1} old, {m.NewAccuracy:P1} new).");
        }
        Line($"- Not for deciding about people: not tested for equal error rates across groups.");
        if (report is not null)
        {
            Numbers(report, Line);
        }
        return text.ToString();
    }

    private static void Numbers(EvaluationReport report, Action<FormattableString> line)
    {
        void Row(string name, Verification? v)
        {
            if (v is not null)
            {
                line($"| {name} | {(v.HeldOutAccuracy is { } a ? a.ToString("P1", CultureInfo.InvariantCulture) : "too few people")} | {v.Accuracy:P1} | {v.EqualErrorRate:P1} | {v.AcceptedAtOnePercent:P1} | {v.Threshold:F3} |");
            }
        }
        line($"");
        line($"## Measured on {report.People} people never trained on");
        line($"");
        if (report.LeftOut.Count > 0)
        {
            line($"{report.LeftOut.Count} more of the data set's validation people are trained on under another name, and were left out.");
            line($"");
        }
        line($"| pairs | accuracy, threshold chosen on other people | at the best threshold | EER | TAR at FAR 1 % | threshold |");
        line($"| --- | --- | --- | --- | --- | --- |");
        Row("frontal–frontal", report.FrontalFrontal);
        Row("frontal–profile", report.FrontalProfile);
        Row("data set's descriptors, frontal–frontal", report.TeacherFrontalFrontal);
        Row("data set's descriptors, frontal–profile", report.TeacherFrontalProfile);
        foreach (var other in report.Others.Concat(report.Disturbed))
        {
            Row($"{other.Name}, frontal–frontal", other.FrontalFrontal);
            Row($"{other.Name}, frontal–profile", other.FrontalProfile);
        }
        if (report.Rotation.Count > 0)
        {
            Rotation(report.Rotation, line);
        }
        foreach (var independent in report.Comparisons.Where(c => c.Model == Evaluator.ThisModel && c.Judge != Evaluator.OwnEncoder))
        {
            Rotation(independent.Bins, line, independent.Judge);
        }
        if (report.Heads.Count > 0)
        {
            Heads(report.Heads, line);
        }
        if (report.AskedYaw.Count > 0)
        {
            Asked(report.AskedYaw, line);
        }
        line($"");
        line($"A linear probe guesses the person from the pose vector in {report.IdentityFromPose:P1} of cases (chance {report.Chance:P1}).");
        if (report.IdentityFromAngles is { } habit)
        {
            line($"From the photos' own angles it guesses {habit:P1}: people hold their heads in ways of their own.");
        }
        if (report.TurnFromIdentity is { } turn)
        {
            line($"A linear probe reads {turn:P0} of the variance of |yaw| from the identity vector (which side it is, it cannot tell: it sees a picture and its mirror image alike).");
        }
    }

    private string Beyond => measuredOnHeads switch
    {
        true => "beyond ±60° of yaw it is measured on rendered heads.",
        false => "yaw beyond ±75° and pitch beyond ±25° are extrapolated.",
        // An update's.
        null => "it is that of the package that made the space.",
    };

    private static void Heads(IReadOnlyList<HeadAnglesBin> bins, Action<FormattableString> line)
    {
        line($"");
        line($"The pose encoder on rendered heads of people never trained on, whose angles are exact (mean errors; the table is the one from angles to vectors):");
        line($"");
        line($"| yaw, to both sides | yaw | pitch | roll | yaw by the table | pictures |");
        line($"| --- | --- | --- | --- | --- | --- |");
        foreach (var bin in bins)
        {
            line($"| {bin.From}° to {Math.Min(bin.To, 95)}° | {bin.YawError:F1}° | {bin.PitchError:F1}° | {bin.RollError:F1}° | {bin.TableYawError:F1}° | {bin.Pictures} |");
        }
    }

    private static void Asked(IReadOnlyList<AskedYawBin> bins, Action<FormattableString> line)
    {
        line($"");
        line($"Poses asked for by their angles (pitch and roll 0), as the pose encoder reads what was drawn:");
        line($"");
        line($"| yaw asked for | mean yaw seen | off by |");
        line($"| --- | --- | --- |");
        foreach (var bin in bins)
        {
            line($"| {bin.Yaw}° | {bin.Seen:F1}° | {bin.Error:F1}° |");
        }
    }

    private static void Rotation(IReadOnlyList<YawBinReport> bins, Action<FormattableString> line, string judge = Evaluator.OwnEncoder)
    {
        line($"");
        line($"Rotations, judged by: {judge}.");
        line($"");
        line($"| target yaw | identity kept | real photos | taken for somebody else | real photos | yaw error | on real photos | reference photos |");
        line($"| --- | --- | --- | --- | --- | --- | --- | --- |");
        static string Share(double? value) => value?.ToString("P0", CultureInfo.InvariantCulture) ?? "none";
        foreach (var bin in bins)
        {
            line($"| {bin.From}° to {bin.To}° | {bin.IdentityKept:P0} | {Share(bin.IdentityCeiling)} | {bin.TakenForOthers:P0} | {Share(bin.TakenForOthersReal)} | {bin.YawError:F1}° | {bin.YawErrorReal:F1}° | {bin.References} |");
        }
    }
}
