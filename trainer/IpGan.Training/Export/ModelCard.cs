using System.Globalization;
using System.Text;
using IpGan.Models;
using IpGan.Training.Checkpoints;
using IpGan.Training.Evaluation;

namespace IpGan.Training.Export;

/// <summary>The page that travels with a model: what it is, what it was trained on, what it can and cannot do, and its numbers.</summary>
internal sealed class ModelCard(TrainingPreset preset, RunState state, string dataNote, AnchorReach reach, EvaluationReport? report)
{
    public string Write(ModelRole role, double parity, VectorSpace? identitySpace, VectorSpace? poseSpace)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# {role.Name()} of IP-GAN, {preset.Sizes.ImageSize} px");
        Line($"");
        Line($"Method: Zeno, Kalinovskiy, Matveev, \"IP-GAN: Learning Identity and Pose Disentanglement in Generative Adversarial Networks\", ICANN 2019.");
        Line($"");
        Line($"- Training: preset {preset.Name}, seed {state.Seed}, {state.EncoderPictures} pictures for the encoders alone, {state.Triples} triples jointly, {state.Elapsed.TotalHours:F1} hours.");
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
            ? (FormattableString)$"- Angles: the table reaches from {reach.YawMin}° to {reach.YawMax}° of yaw, {reach.PitchMin}° to {reach.PitchMax}° of pitch, {reach.RollMin}° to {reach.RollMax}° of roll; yaw beyond ±75° and pitch beyond ±25° are extrapolated."
            : $"- Angles: the data had none, so the angles that the pose encoder tells mean nothing, and its table holds the mean pose alone.");
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
                line($"| {name} | {v.Accuracy:P1} | {v.EqualErrorRate:P1} | {v.AcceptedAtOnePercent:P1} | {v.Threshold:F3} |");
            }
        }
        line($"");
        line($"## Measured on {report.People} people never trained on");
        line($"");
        line($"| pairs | accuracy at the best threshold | EER | TAR at FAR 1 % | threshold |");
        line($"| --- | --- | --- | --- | --- |");
        Row("frontal–frontal", report.FrontalFrontal);
        Row("frontal–profile", report.FrontalProfile);
        Row("data set's descriptors, frontal–frontal", report.TeacherFrontalFrontal);
        Row("data set's descriptors, frontal–profile", report.TeacherFrontalProfile);
        if (report.Rotation.Count > 0)
        {
            Rotation(report.Rotation, line);
        }
        line($"");
        line($"A linear probe guesses the person from the pose vector in {report.IdentityFromPose:P1} of cases (chance {report.Chance:P1}).");
        if (report.YawFromIdentity is { } yaw)
        {
            line($"A linear probe reads {yaw:P0} of the yaw's variance from the identity vector.");
        }
    }

    private static void Rotation(IReadOnlyList<YawBinReport> bins, Action<FormattableString> line)
    {
        line($"");
        line($"| target yaw | identity kept | real photos | yaw error | on real photos |");
        line($"| --- | --- | --- | --- | --- |");
        foreach (var bin in bins)
        {
            line($"| {bin.From}° to {bin.To}° | {bin.IdentityKept:P0} | {(bin.IdentityCeiling is { } c ? c.ToString("P0", CultureInfo.InvariantCulture) : "none")} | {bin.YawError:F1}° | {(bin.YawErrorReal is { } e ? FormattableString.Invariant($"{e:F1}°") : "none")} |");
        }
    }
}
