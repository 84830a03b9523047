using System.Numerics.Tensors;
using IpGan.Training.Data;
using IpGan.Training.Export;
using IpGan.Training.Networks;

namespace IpGan.Training.Evaluation;

/// <summary>
/// How far sets of pictures are from training photos: Fréchet distance on the features of the averaged identity encoder (its last convolution, averaged over
/// the picture), as many pictures of each set. The generator is taught by features of that same network, so what is drawn comes off too well.
/// </summary>
/// <param name="Pictures">Pictures of each set.</param>
/// <param name="OtherPhotos">Photos of people never trained on: as near as another mix of people and views comes.</param>
/// <param name="Rotated">Those people in poses of others' photos.</param>
/// <param name="Generated">People from the prior in poses of photos.</param>
/// <param name="RenderedHeads">Rendered heads; null without.</param>
/// <param name="CosineOfPhotos">Mean cosine of the identity vectors of two people's photos.</param>
/// <param name="CosineOfGenerated">Of two generated people's pictures: not much above, or they are all alike.</param>
public sealed record RealismReport(
    int Pictures, double OtherPhotos, double Rotated, double Generated, double? RenderedHeads, double CosineOfPhotos, double CosineOfGenerated);

/// <summary>Measures <see cref="RealismReport"/>.</summary>
public static class Realism
{
    private const int Most = 1500;

    /// <summary>Null if there are too few pictures for a covariance.</summary>
    public static RealismReport? Measure(NetworkSet networks, TrainingFaces faces, TrainingFaces? heads)
    {
        var table = faces.Table.Faces;
        var random = new Random(5);
        var validation = Enumerable.Range(0, table.Count).Where(i => table[i].Validation && !faces.Table.Overlap.ContainsKey(table[i].Identity)).OrderBy(_ => random.Next()).Take(Most).ToList();
        var photos = faces.Indices.Where(i => table[i].Set == 0).OrderBy(_ => random.Next()).Take(validation.Count).ToList();
        var n = photos.Count;
        if (n < 2)
        {
            return null;
        }
        validation = validation[..n];
        var vectors = new FaceVectors(networks, faces);
        var reference = vectors.Features(photos);
        var (identities, poses) = (vectors.Identities(validation), vectors.Poses(validation));
        // Everybody in the pose of the next one.
        var (rotated, _) = vectors.FeaturesOfDrawn(identities, [.. poses.Skip(1), poses[0]]);
        var people = PriorFit.Fit(vectors, faces).Sample(n, seed: 5);
        var (generated, generatedIdentities) = vectors.FeaturesOfDrawn(people, poses);
        double? rendered = null;
        if (heads is not null)
        {
            var some = Enumerable.Range(0, heads.Table.Faces.Count).OrderBy(_ => random.Next()).Take(n).ToList();
            rendered = FrechetDistance.Between(reference, new FaceVectors(networks, heads).Features(some));
        }
        return new RealismReport(
            n,
            FrechetDistance.Between(reference, vectors.Features(validation)),
            FrechetDistance.Between(reference, rotated),
            FrechetDistance.Between(reference, generated),
            rendered,
            MeanCosine(vectors.Identities(photos)),
            MeanCosine(generatedIdentities));
    }

    // Of pairs of neighbours: photos are in random order, so nearly all are of two people.
    private static double MeanCosine(float[][] vectors) =>
        Enumerable.Range(1, vectors.Length - 1).Average(i => TensorPrimitives.Dot<float>(vectors[i - 1], vectors[i]));
}
