using System.Numerics.Tensors;
using IpGan.Models;
using IpGan.Training.Data;

namespace IpGan.Training.Evaluation;

/// <summary>How well a new encoder speaks the space of an old one, on people that it was never trained on.</summary>
/// <param name="Role">Which encoder.</param>
/// <param name="Photos">Photos measured.</param>
/// <param name="Agreement">
/// Identity: mean cosine between the new and the old vector of a photo, the old vectors' mean taken off both, or vectors that are all alike would agree
/// without saying anything. Pose: 1 − mean squared distance / variance of the old vectors.
/// </param>
/// <param name="OldError">Identity: share of wrong decisions on frontal–profile pairs, both vectors old. Pose: mean error of yaw, degrees; null without angles.</param>
/// <param name="MixedError">Identity: the same with new vectors against old ones, as in an index that is not made anew, and decided by the threshold that was best for the old ones. Pose: the new encoder's.</param>
public sealed record AgreementReport(ModelRole Role, int Photos, double Agreement, double? OldError, double? MixedError)
{
    /// <summary>Below this agreement the space's name is not kept. Two photos of one person by one encoder are far less alike.</summary>
    public const double LeastAgreement = 0.9;

    /// <summary>By how much the error may grow: share of decisions, or degrees.</summary>
    public double LargestLoss => Role == ModelRole.IdentityEncoder ? 0.01 : 1;

    /// <summary>Why the name of the space must not be kept; null if it may.</summary>
    public string? Refusal => Agreement < LeastAgreement
        ? FormattableString.Invariant($"the agreement is {Agreement:F3}, it must be at least {LeastAgreement:F3}")
        : MixedError - OldError > LargestLoss
            ? FormattableString.Invariant($"the error grows from {OldError:F3} to {MixedError:F3}, it may grow by {LargestLoss:F3}")
            : null;
}

/// <summary>Measures <see cref="AgreementReport"/>.</summary>
public static class Agreement
{
    /// <summary>On the validation people of a table.</summary>
    /// <exception cref="DataSetException">There are too few of them.</exception>
    public static AgreementReport Measure(ModelRole role, FaceModel renewed, FaceModel old, TrainingFaces faces, Func<IReadOnlyList<float[]>, HeadAngles[]> newAngles)
    {
        var table = faces.Table.Faces;
        var people = Evaluator.People(faces);
        var photos = people.SelectMany(p => p).ToList();
        return role == ModelRole.IdentityEncoder ? OfIdentities() : OfPoses();

        AgreementReport OfIdentities()
        {
            var before = PhotoVectors.Of(faces, photos, x => FaceVectors.Split(old.Identity(x)));
            var after = PhotoVectors.Of(faces, photos, x => FaceVectors.Split(renewed.Identity(x)));
            var (same, different) = Evaluator.Pairs(people, i => table[i].Frontal, i => table[i].Profile);
            List<double> Scores(List<(int, int)> pairs, Dictionary<int, float[]> query) => pairs.ConvertAll(p => FaceJudge.Score(query[p.Item2], before[p.Item1]));
            // Nobody who keeps an index sets another threshold because of an update.
            var threshold = Verification.Measure(Scores(same, before), Scores(different, before)).Threshold;
            double Error(Dictionary<int, float[]> query) =>
                (Scores(same, query).Average(s => s < threshold ? 1.0 : 0) + Scores(different, query).Average(s => s >= threshold ? 1.0 : 0)) / 2;
            return new AgreementReport(role, photos.Count, Cosine(before, after), Error(before), Error(after));
        }

        AgreementReport OfPoses()
        {
            var before = PhotoVectors.Of(faces, photos, x => FaceVectors.Split(old.Pose(x)));
            var after = PhotoVectors.Of(faces, photos, x => FaceVectors.Split(renewed.Pose(x)));
            var mean = Mean(before);
            static double Square(float[] a, float[] b) => Math.Pow(TensorPrimitives.Distance<float>(a, b), 2);
            var agreement = 1 - photos.Sum(i => Square(before[i], after[i])) / (photos.Sum(i => Square(before[i], mean)) + 1e-12);
            var posed = photos.Where(i => table[i].Angles is not null).ToList();
            // The new side head reads both: what differs is the vectors.
            double? Error(Dictionary<int, float[]> vectors) => posed.Count == 0
                ? null
                : posed.Zip(newAngles(posed.ConvertAll(i => vectors[i]))).Average(p => Math.Abs(p.Second.Yaw - table[p.First].Angles!.Value.Yaw));
            return new AgreementReport(role, photos.Count, agreement, Error(before), Error(after));
        }
    }

    private static double Cosine(Dictionary<int, float[]> before, Dictionary<int, float[]> after)
    {
        var mean = Mean(before);
        float[] Centred(float[] vector)
        {
            var centred = new float[mean.Length];
            TensorPrimitives.Subtract(vector, mean, centred);
            return centred;
        }
        return before.Average(b => TensorPrimitives.CosineSimilarity<float>(Centred(b.Value), Centred(after[b.Key])));
    }

    private static float[] Mean(Dictionary<int, float[]> vectors)
    {
        var mean = new float[vectors.Values.First().Length];
        foreach (var vector in vectors.Values)
        {
            TensorPrimitives.MultiplyAdd(vector, 1f / vectors.Count, mean, mean);
        }
        return mean;
    }
}
