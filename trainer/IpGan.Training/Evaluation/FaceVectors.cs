using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>Vectors of many pictures, from the averaged networks in float32: what the exported packages would answer.</summary>
public sealed class FaceVectors(NetworkSet networks, TrainingFaces faces)
{
    private const int Batch = 64;

    /// <summary>Identity vectors [count, D] of pictures of the table.</summary>
    public float[][] Identities(IReadOnlyList<int> indices) => Map(indices, false, networks.AverageIdentity.forward);

    /// <summary>The same without the lift.</summary>
    public float[][] Directions(IReadOnlyList<int> indices) => Map(indices, false, x => IdentityEncoder.Unit(networks.AverageIdentity.Answers(x)));

    /// <summary>The identity encoder's answers [count, D], before their length is taken off.</summary>
    public float[][] Answers(IReadOnlyList<int> indices) => Map(indices, false, networks.AverageIdentity.Answers);

    /// <summary>Features of the identity encoder, [count, C], of pictures of the table.</summary>
    public float[][] Features(IReadOnlyList<int> indices) => Map(indices, false, networks.AverageIdentity.Features);

    /// <summary>Features and identity vectors of drawn pictures.</summary>
    public (float[][] Features, float[][] Identities) FeaturesOfDrawn(IReadOnlyList<float[]> identities, IReadOnlyList<float[]> poses)
    {
        var (features, seen) = (new List<float[]>(), new List<float[]>());
        Draw(identities, poses, (_, pictures) =>
        {
            features.AddRange(Split(networks.AverageIdentity.Features(pictures.ChannelsLast())));
            seen.AddRange(Split(networks.AverageIdentity.forward(pictures.ChannelsLast())));
        });
        return ([.. features], [.. seen]);
    }

    /// <summary>Pose vectors [count, P]; of the mirrored pictures if asked.</summary>
    public float[][] Poses(IReadOnlyList<int> indices, bool mirror = false) => Map(indices, mirror, networks.AveragePose.forward);

    /// <summary>Yaw, pitch and roll in degrees, by the side head, of pose vectors [count, P].</summary>
    public HeadAngles[] Angles(IReadOnlyList<float[]> poses)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var units = networks.AveragePose.Angles(Rows(poses)).cpu().data<float>().ToArray();
        var degrees = PoseEncoder.DegreesPerUnit;
        return [.. units.Chunk(3).Select(u => new HeadAngles(u[0] * degrees[0], u[1] * degrees[1], u[2] * degrees[2]))];
    }

    /// <summary>The same, seen in pictures [N, 3, S, S] in [−1, 1], of any size.</summary>
    public HeadAngles[] AnglesIn(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return Angles(Split(networks.AveragePose.forward(FaceModel.Resize(pictures.to(networks.Device), networks.Sizes.ImageSize).ChannelsLast())));
    }

    /// <summary>Draws a picture for each pair of vectors and hands the pictures [n, 3, S, S] on, some at a time, with the number of the first.</summary>
    public void Draw(IReadOnlyList<float[]> identities, IReadOnlyList<float[]> poses, Action<int, Tensor> use)
    {
        using var _ = no_grad();
        for (var start = 0; start < identities.Count; start += Batch)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(Batch, identities.Count - start);
            use(start, networks.AverageGenerator.forward(
                Rows([.. identities.Skip(start).Take(count)]), Rows([.. poses.Skip(start).Take(count)])).clamp(-1, 1));
        }
    }

    /// <summary>Both vectors of drawn pictures.</summary>
    public (float[][] Identities, float[][] Poses) OfDrawn(IReadOnlyList<float[]> identities, IReadOnlyList<float[]> poses)
    {
        var (outIdentities, outPoses) = (new List<float[]>(), new List<float[]>());
        Draw(identities, poses, (_, pictures) =>
        {
            outIdentities.AddRange(Split(networks.AverageIdentity.forward(pictures.ChannelsLast())));
            outPoses.AddRange(Split(networks.AveragePose.forward(pictures.ChannelsLast())));
        });
        return ([.. outIdentities], [.. outPoses]);
    }

    private float[][] Map(IReadOnlyList<int> indices, bool mirror, Func<Tensor, Tensor> network)
    {
        using var _ = no_grad();
        var result = new List<float[]>();
        foreach (var chunk in indices.Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            using var batch = FaceBatch.Create(faces, [.. chunk.Select(i => new FaceDraw(i, mirror))], networks.Device);
            result.AddRange(Split(network(batch.Pictures)));
        }
        return [.. result];
    }

    private Tensor Rows(IReadOnlyList<float[]> rows) =>
        tensor(rows.SelectMany(r => r).ToArray(), [rows.Count, rows[0].Length], device: networks.Device);

    internal static float[][] Split(Tensor matrix) => [.. matrix.cpu().contiguous().data<float>().ToArray().Chunk((int)matrix.shape[1])];
}
