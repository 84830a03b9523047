using IpGan.Training.Data;

namespace IpGan.Training.Evaluation;

/// <summary>A rotation to be measured, by numbers of pictures in the table.</summary>
/// <param name="Source">The frontal photo that is rotated.</param>
/// <param name="Check">Another frontal photo of the person, with which the result is compared.</param>
/// <param name="Reference">A photo of somebody else, whose pose is taken.</param>
public readonly record struct RotationJob(int Source, int Check, int Reference);

/// <summary>The rotations of one bin of target yaw.</summary>
/// <param name="From">Degrees, included.</param>
/// <param name="To">Degrees, excluded.</param>
/// <param name="Jobs">What is rotated.</param>
/// <param name="Ceiling">Real photos in this bin, each with another frontal photo of the person: what a perfect rotation would be judged by.</param>
/// <param name="References">All photos whose yaw is in the bin.</param>
public sealed record RotationBin(
    double From, double To, IReadOnlyList<RotationJob> Jobs, IReadOnlyList<(int Photo, int Check)> Ceiling, IReadOnlyList<int> References);

/// <summary>Chooses the rotations: the same ones for the same table, whatever is measured on them.</summary>
public static class RotationPlan
{
    private const int ReferencesPerPerson = 4;
    private static readonly double[] BinEdges = [-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90];

    /// <summary>The bins that have references; none if fewer than two people can be turned.</summary>
    public static IReadOnlyList<RotationBin> Create(IReadOnlyList<Face> table, IReadOnlyList<IGrouping<string, int>> people)
    {
        var random = new Random(2);
        var posed = people.SelectMany(p => p).Where(i => table[i].Angles is not null).ToList();
        var bins = new List<RotationBin>();
        for (var bin = 0; bin + 1 < BinEdges.Length; bin++)
        {
            var (from, to) = (BinEdges[bin], BinEdges[bin + 1]);
            bool Inside(int i) => table[i].Angles is { } a && a.Yaw >= from && a.Yaw < to;
            var references = posed.Where(Inside).ToList();
            var jobs = new List<RotationJob>();
            var ceiling = new List<(int, int)>();
            foreach (var person in references.Count > 0 ? people : [])
            {
                var frontal = person.Where(i => table[i].Frontal).ToList();
                // A reference of the person's own could bring the person with it.
                var others = references.Where(i => table[i].Identity != person.Key).ToList();
                for (var k = 0; k < ReferencesPerPerson && others.Count > 0; k++)
                {
                    var source = frontal[random.Next(frontal.Count)];
                    var check = frontal[(frontal.IndexOf(source) + 1) % frontal.Count];
                    jobs.Add(new RotationJob(source, check, others[random.Next(others.Count)]));
                    ceiling.AddRange(person.Where(i => Inside(i) && i != check).Take(ReferencesPerPerson).Select(i => (i, check)));
                }
            }
            if (jobs.Count > 0)
            {
                bins.Add(new RotationBin(from, to, jobs, ceiling, references));
            }
        }
        // Who is taken for somebody else needs somebody else.
        return bins.SelectMany(b => b.Jobs).Select(j => table[j.Source].Identity).Distinct().Count() > 1 ? bins : [];
    }
}
