using System.Numerics.Tensors;

namespace IpGan.Training.Data;

/// <summary>
/// Validation people who are trained on all the same, under another name: sets put together by names hold some people twice. Found by the data set's descriptors:
/// one training person must be clearly nearer than any other (the ratio test of Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004, section 7.1),
/// which needs no threshold of the recogniser's. Who has three names, or no descriptor, is not found.
/// </summary>
internal static class SplitOverlap
{
    // On shared/data/faces, by two recognisers: 0.32 to 0.84 for the four who are the same person, 0.89 and more for the others.
    private const double Clearly = 0.87;

    /// <summary>Validation people with the training person that each is.</summary>
    public static IReadOnlyDictionary<string, string> Find(FaceTable table)
    {
        // Recognisers are surest from the front.
        var people = table.Faces.Where(f => f is { Profile: false, Drawn: false, DescriptorRow: >= 0 }).GroupBy(f => (f.Identity, f.Validation))
            .ToLookup(g => g.Key.Validation, g => (g.Key.Identity, Mean: table.MeanDescriptor([.. g])));
        var found = new Dictionary<string, string>();
        foreach (var (person, mean) in people[true])
        {
            var nearest = people[false].Select(p => (p.Identity, Distance: TensorPrimitives.Distance<float>(mean, p.Mean))).OrderBy(p => p.Distance).Take(2).ToList();
            if (nearest.Count == 2 && nearest[0].Distance < Clearly * nearest[1].Distance)
            {
                found.Add(person, nearest[0].Identity);
            }
        }
        return found;
    }
}
