using IpGan.Training.Data;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>Vectors of real photos by any network, by the photo's number in the table.</summary>
public static class PhotoVectors
{
    private const int Batch = 64;

    /// <summary>What <paramref name="network"/> gives for pictures [n, 3, S, S], one row for each photo.</summary>
    public static Dictionary<int, float[]> Of(TrainingFaces faces, IReadOnlyList<int> photos, Func<Tensor, float[][]> network)
    {
        using var _ = no_grad();
        var vectors = new Dictionary<int, float[]>();
        foreach (var chunk in photos.Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            using var batch = FaceBatch.Create(faces, [.. chunk.Select(i => new FaceDraw(i, false))], CPU);
            foreach (var (photo, vector) in chunk.Zip(network(batch.Pictures)))
            {
                vectors[photo] = vector;
            }
        }
        return vectors;
    }

    /// <summary>Rows as a matrix.</summary>
    public static Tensor Rows(IEnumerable<float[]> rows)
    {
        var list = rows.ToList();
        return tensor(list.SelectMany(r => r).ToArray(), [list.Count, list[0].Length]);
    }
}
