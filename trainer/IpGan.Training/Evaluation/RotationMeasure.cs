using IpGan.Training.Data;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>How one bin of target yaw fares.</summary>
/// <param name="From">Degrees, included.</param>
/// <param name="To">Degrees, excluded.</param>
/// <param name="Pictures">Rotated pictures measured.</param>
/// <param name="References">Photos whose poses were taken: with a few of them the yaw's error is theirs, not the bin's.</param>
/// <param name="IdentityKept">Share of rotated pictures that the judge takes for the source's person, at the frontal–profile threshold.</param>
/// <param name="IdentityCeiling">The same share of real photos of the person in this bin; null where the people have none.</param>
/// <param name="TakenForOthers">
/// Share of pairs of a rotated picture and another person's frontal photo that the judge takes for one person: faces that lean towards what all faces share are kept, and taken for anybody.
/// </param>
/// <param name="TakenForOthersReal">The same share of real photos in this bin; null where the people have none.</param>
/// <param name="YawError">Mean |yaw seen in the rotated picture − yaw known of the reference photo|, degrees.</param>
/// <param name="YawErrorReal">Mean |yaw seen in a real photo − yaw known of it|, degrees: what the pose encoder itself contributes.</param>
public sealed record YawBinReport(
    double From, double To, int Pictures, int References, double IdentityKept, double? IdentityCeiling, double TakenForOthers, double? TakenForOthersReal, double YawError, double YawErrorReal);

/// <summary>The same rotations by one model, judged by one judge.</summary>
/// <param name="Model">Whose rotations.</param>
/// <param name="Judge">Who says whether the person was kept.</param>
/// <param name="Bins">By target yaw.</param>
public sealed record RotationReport(string Model, string Judge, IReadOnlyList<YawBinReport> Bins);

/// <summary>What is needed to judge a rotation.</summary>
/// <param name="Judge">The judge.</param>
/// <param name="Threshold">Its threshold on frontal–profile pairs of real photos.</param>
/// <param name="Photos">Its vectors of the real photos.</param>
public sealed record RotationJudge(FaceJudge Judge, double Threshold, IReadOnlyDictionary<int, float[]> Photos)
{
    /// <summary>Whether it takes a picture for the person of a photo.</summary>
    public bool Accepts(float[] picture, int photo) => FaceJudge.Score(picture, Photos[photo]) >= Threshold;
}

/// <summary>Measures rotations, some pictures at a time.</summary>
/// <param name="faces">The photos.</param>
/// <param name="bins">The rotations.</param>
/// <param name="angles">Reads the angles in pictures.</param>
public sealed class RotationMeasure(TrainingFaces faces, IReadOnlyList<RotationBin> bins, Func<Tensor, HeadAngles[]> angles)
{
    private const int Batch = 64;

    /// <summary>Draws every rotation once and asks each judge.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="rotate">Pictures [N, 3, S, S] of these jobs.</param>
    /// <param name="judges">Who is asked.</param>
    public IReadOnlyList<RotationReport> Run(string name, Func<IReadOnlyList<RotationJob>, Tensor> rotate, IReadOnlyList<RotationJudge> judges)
    {
        using var _ = no_grad();
        var rows = judges.Select(_ => new List<YawBinReport>()).ToList();
        var everybody = bins.SelectMany(b => b.Jobs).ToList();
        foreach (var bin in bins)
        {
            var (kept, others) = (new int[judges.Count], new double[judges.Count]);
            // Who has nobody's pose to take in this bin is a stranger to the others all the same.
            var strangers = bin.Jobs.Concat(everybody).GroupBy(job => Person(job.Source)).Select(g => g.First().Check).ToList();
            double Others(RotationJudge judge, float[] picture, int source) =>
                strangers.Where(s => Person(s) != Person(source)).Average(s => judge.Accepts(picture, s) ? 1.0 : 0);
            var error = 0.0;
            foreach (var jobs in bin.Jobs.Chunk(Batch))
            {
                using var scope = NewDisposeScope();
                var pictures = rotate(jobs);
                error += jobs.Zip(angles(pictures)).Sum(p => Math.Abs(p.Second.Yaw - Yaw(p.First.Reference)));
                foreach (var (judge, j) in judges.Select((judge, j) => (judge, j)))
                {
                    var seen = jobs.Zip(judge.Judge.Vectors(pictures)).ToList();
                    kept[j] += seen.Count(p => judge.Accepts(p.Second, p.First.Check));
                    others[j] += seen.Sum(p => Others(judge, p.Second, p.First.Source));
                }
            }
            for (var j = 0; j < judges.Count; j++)
            {
                var judge = judges[j];
                rows[j].Add(new YawBinReport(
                    bin.From, bin.To, bin.Jobs.Count, bin.Jobs.Select(job => job.Reference).Distinct().Count(), (double)kept[j] / bin.Jobs.Count,
                    bin.Ceiling.Count > 0 ? bin.Ceiling.Average(c => judge.Accepts(judge.Photos[c.Photo], c.Check) ? 1 : 0) : null,
                    others[j] / bin.Jobs.Count, bin.Ceiling.Count > 0 ? bin.Ceiling.Average(c => Others(judge, judge.Photos[c.Photo], c.Photo)) : null,
                    error / bin.Jobs.Count, _realErrors[bin]));
            }
        }
        return [.. judges.Select((judge, j) => new RotationReport(name, judge.Judge.Name, rows[j]))];
    }

    private readonly Dictionary<RotationBin, double> _realErrors = bins.ToDictionary(b => b, b => RealError(faces, b, angles));

    private string Person(int photo) => faces.Table.Faces[photo].Identity;

    private float Yaw(int photo) => faces.Table.Faces[photo].Angles!.Value.Yaw;

    private static double RealError(TrainingFaces faces, RotationBin bin, Func<Tensor, HeadAngles[]> angles)
    {
        using var _ = no_grad();
        return bin.References.Chunk(Batch).Sum(chunk =>
        {
            using var scope = NewDisposeScope();
            using var photos = FaceBatch.Create(faces, [.. chunk.Select(i => new FaceDraw(i, false))], CPU);
            return chunk.Zip(angles(photos.Pictures)).Sum(p => Math.Abs(p.Second.Yaw - faces.Table.Faces[p.First].Angles!.Value.Yaw));
        }) / bin.References.Count;
    }
}
