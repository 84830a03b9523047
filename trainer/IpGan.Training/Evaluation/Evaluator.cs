using System.Numerics.Tensors;
using IpGan.Training.Data;
using IpGan.Training.Networks;

namespace IpGan.Training.Evaluation;

/// <summary>How one bin of target yaw fares.</summary>
/// <param name="From">Degrees, included.</param>
/// <param name="To">Degrees, excluded.</param>
/// <param name="Pictures">Rotated pictures measured.</param>
/// <param name="IdentityKept">Share of rotated pictures that the identity encoder takes for the source's person, at the frontal–profile threshold.</param>
/// <param name="IdentityCeiling">The same share of real photos of the person in this bin; null where the people have none.</param>
/// <param name="YawError">Mean |yaw seen in the rotated picture − yaw known of the reference photo|, degrees.</param>
/// <param name="YawErrorReal">Mean |yaw seen in a real photo − yaw known of it|, degrees: what the pose encoder itself contributes.</param>
public sealed record YawBinReport(
    double From, double To, int Pictures, double IdentityKept, double? IdentityCeiling, double YawError, double? YawErrorReal);

/// <summary>What a model is worth, on people that it never saw.</summary>
public sealed record EvaluationReport
{
    /// <summary>People measured.</summary>
    public required int People { get; init; }

    /// <summary>Frontal against frontal photos.</summary>
    public required Verification FrontalFrontal { get; init; }

    /// <summary>Frontal against profile photos.</summary>
    public required Verification FrontalProfile { get; init; }

    /// <summary>The data set's descriptors on the same frontal–frontal pairs; null without descriptors.</summary>
    public Verification? TeacherFrontalFrontal { get; init; }

    /// <summary>The data set's descriptors on the same frontal–profile pairs; null without descriptors.</summary>
    public Verification? TeacherFrontalProfile { get; init; }

    /// <summary>Rotation by target yaw; empty if the data set has no angles.</summary>
    public required IReadOnlyList<YawBinReport> Rotation { get; init; }

    /// <summary>Accuracy of a linear probe that guesses the person from the pose vector, on held-out photos.</summary>
    public required double IdentityFromPose { get; init; }

    /// <summary>What guessing would give.</summary>
    public required double Chance { get; init; }

    /// <summary>Share of the yaw's variance that a linear probe reads out of the identity vector, on held-out photos; null if the data set has no angles.</summary>
    public required double? YawFromIdentity { get; init; }
}

/// <summary>Measures the averaged networks on the validation people of a table.</summary>
public sealed class Evaluator(NetworkSet networks, TrainingFaces faces)
{
    private static readonly double[] BinEdges = [-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90];
    private readonly FaceVectors _vectors = new(networks, faces);

    /// <summary>Runs all measurements.</summary>
    /// <exception cref="DataSetException">The table has too few frontal and profile photos of validation people.</exception>
    public EvaluationReport Run()
    {
        var table = faces.Table.Faces;
        var indices = Enumerable.Range(0, table.Count).Where(i => table[i].Validation).ToList();
        var people = indices.GroupBy(i => table[i].Identity).Where(g => g.Count(i => table[i].Frontal) > 1 && g.Any(i => table[i].Profile)).ToList();
        if (people.Count < 2)
        {
            throw new DataSetException(
                $"Evaluation needs at least two validation people with two frontal photos and a profile each (column view); '{faces.Table.Folder}' has {people.Count}.");
        }
        indices = [.. people.SelectMany(p => p)];
        var identities = indices.Zip(_vectors.Identities(indices)).ToDictionary(p => p.First, p => p.Second);
        var poses = indices.Zip(_vectors.Poses(indices)).ToDictionary(p => p.First, p => p.Second);

        var frontal = Pairs(people, i => table[i].Frontal, i => table[i].Frontal);
        var profile = Pairs(people, i => table[i].Frontal, i => table[i].Profile);
        double Own((int, int) p) => TensorPrimitives.Dot<float>(identities[p.Item1], identities[p.Item2]);
        double Teacher((int, int) p) => -TensorPrimitives.Distance<float>(
            faces.Table.Descriptor(table[p.Item1]), faces.Table.Descriptor(table[p.Item2]));
        var described = indices.All(i => table[i].DescriptorRow >= 0);
        var frontalProfile = Measure(profile, Own);
        return new EvaluationReport
        {
            People = people.Count,
            FrontalFrontal = Measure(frontal, Own),
            FrontalProfile = frontalProfile,
            TeacherFrontalFrontal = described ? Measure(frontal, Teacher) : null,
            TeacherFrontalProfile = described ? Measure(profile, Teacher) : null,
            Rotation = Rotate(people, identities, poses, frontalProfile.Threshold),
            IdentityFromPose = Probes.Classify([.. indices.Select(i => poses[i])], [.. indices.Select(i => people.FindIndex(p => p.Key == table[i].Identity))]),
            Chance = 1.0 / people.Count,
            YawFromIdentity = YawFromIdentity([.. indices.Where(i => table[i].Angles is not null)], identities),
        };
    }

    private double? YawFromIdentity(List<int> posed, Dictionary<int, float[]> identities) => posed.Count < 4
        ? null
        : Probes.ExplainedVariance(posed.ConvertAll(i => identities[i]), posed.ConvertAll(i => faces.Table.Faces[i].Angles!.Value.Yaw));

    private static Verification Measure((List<(int, int)> Same, List<(int, int)> Different) pairs, Func<(int, int), double> score) =>
        Verification.Measure(pairs.Same.ConvertAll(p => score(p)), pairs.Different.ConvertAll(p => score(p)));

    // All pairs of one person, and as many of two people, drawn with a fixed seed.
    private static (List<(int, int)> Same, List<(int, int)> Different) Pairs(
        List<IGrouping<string, int>> people, Func<int, bool> first, Func<int, bool> second)
    {
        var same = people.SelectMany(p => p.Where(first).SelectMany(_ => p.Where(second), (a, b) => a < b ? (a, b) : (b, a)))
            .Where(p => p.Item1 != p.Item2).Distinct().ToList();
        var random = new Random(1);
        var different = new List<(int, int)>();
        var pools = people.ConvertAll(p => (First: p.Where(first).ToList(), Second: p.Where(second).ToList()));
        while (different.Count < same.Count)
        {
            var (i, j) = (random.Next(pools.Count), random.Next(pools.Count));
            if (i != j)
            {
                different.Add((pools[i].First[random.Next(pools[i].First.Count)], pools[j].Second[random.Next(pools[j].Second.Count)]));
            }
        }
        return (same, different);
    }

    private List<YawBinReport> Rotate(
        List<IGrouping<string, int>> people, Dictionary<int, float[]> identities, Dictionary<int, float[]> poses, double threshold)
    {
        const int ReferencesPerPerson = 4;
        var table = faces.Table.Faces;
        var random = new Random(2);
        var posed = people.SelectMany(p => p).Where(i => table[i].Angles is not null).ToList();
        if (posed.Count == 0)
        {
            return [];
        }
        var seen = posed.Zip(_vectors.Angles([.. posed.Select(i => poses[i])])).ToDictionary(p => p.First, p => p.Second);
        var report = new List<YawBinReport>();
        for (var bin = 0; bin + 1 < BinEdges.Length; bin++)
        {
            var (from, to) = (BinEdges[bin], BinEdges[bin + 1]);
            bool Inside(int i) => table[i].Angles is { } a && a.Yaw >= from && a.Yaw < to;
            var references = posed.Where(Inside).ToList();
            if (references.Count == 0)
            {
                continue;
            }
            var jobs = new List<(int Source, int Check, int Reference)>();
            var ceiling = new List<bool>();
            foreach (var person in people)
            {
                var frontal = person.Where(i => table[i].Frontal).ToList();
                // A reference of the person's own could bring the person with it.
                var others = references.Where(i => table[i].Identity != person.Key).ToList();
                for (var k = 0; k < ReferencesPerPerson && others.Count > 0; k++)
                {
                    // The rotated picture of one frontal photo is compared with another frontal photo of the person.
                    var source = frontal[random.Next(frontal.Count)];
                    var check = frontal[(frontal.IndexOf(source) + 1) % frontal.Count];
                    jobs.Add((source, check, others[random.Next(others.Count)]));
                    ceiling.AddRange(person.Where(i => Inside(i) && i != check).Take(ReferencesPerPerson)
                        .Select(i => TensorPrimitives.Dot<float>(identities[i], identities[check]) >= threshold));
                }
            }
            if (jobs.Count == 0)
            {
                continue;
            }
            var (drawnIdentities, drawnPoses) = _vectors.OfDrawn(
                jobs.ConvertAll(j => identities[j.Source]), jobs.ConvertAll(j => poses[j.Reference]));
            var angles = _vectors.Angles(drawnPoses);
            report.Add(new YawBinReport(
                from,
                to,
                jobs.Count,
                jobs.Zip(drawnIdentities).Average(p => TensorPrimitives.Dot<float>(p.Second, identities[p.First.Check]) >= threshold ? 1 : 0),
                ceiling.Count > 0 ? ceiling.Average(kept => kept ? 1 : 0) : null,
                jobs.Zip(angles).Average(p => Math.Abs(p.Second.Yaw - table[p.First.Reference].Angles!.Value.Yaw)),
                references.Average(i => Math.Abs(seen[i].Yaw - table[i].Angles!.Value.Yaw))));
        }
        return report;
    }
}
