using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>A data set with what a recogniser sees in its photos: the same pictures where they lie, and descriptors of another teacher, or of one more.</summary>
public static class DescribedFaces
{
    private const int Batch = 64;

    /// <summary>Writes the data set.</summary>
    /// <param name="faces">The photos; drawn pictures stay without a descriptor.</param>
    /// <param name="recogniser">Describes them.</param>
    /// <param name="precision">What its convolutions compute in.</param>
    /// <param name="output">The data set's folder; must not be there, or be empty.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>How many photos were described.</returns>
    /// <exception cref="DataSetException">There are no angles, which say where to look; there are blends, which another recogniser has described; or the output is in use.</exception>
    public static int Write(TrainingFaces faces, Recogniser recogniser, ScalarType precision, string output, CancellationToken cancel)
    {
        var table = faces.Table;
        var photos = Enumerable.Range(0, table.Faces.Count).Where(i => table.Faces[i] is { Drawn: false, Angles: not null }).ToList();
        if (!MadePictures.CanExtend(table) || photos.Count == 0)
        {
            throw new DataSetException($"'{table.Folder}': to describe photos needs a faces.csv with their angles, which say where to look.");
        }
        if (table.Faces.Any(f => f is { Drawn: true, DescriptorRow: >= 0 }))
        {
            throw new DataSetException($"'{table.Folder}' has blends, made for the recogniser that described it: describe the photos without them, and blend those anew; or add another one's view to the first's (--add).");
        }
        var descriptors = new Dictionary<int, float[]>();
        using var made = new MadePictures(table, output, "", descriptors);
        Describe(faces, photos, recogniser, precision, descriptors.Add, cancel);
        made.WriteTable();
        return descriptors.Count;
    }

    /// <summary>
    /// Writes the data set with what two recognisers see, in the first one's coordinates: each kind of view's mean of the first's, to which is added its deviation from it, turned towards
    /// u(u(a) + w · Q u(b)), u(x) = x / |x|, a and b what the two see less their kinds' means, w the weight. Q is the turn that brings the second's view of training photos nearest to
    /// the first's (orthogonal Procrustes; Schönemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 1966). Two that err differently teach better than either
    /// (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015, section 1), and who learnt from the first finds its coordinates as they were.
    /// </summary>
    /// <param name="faces">Photos, and blends if there are any, with the first one's descriptors.</param>
    /// <param name="recogniser">The second one.</param>
    /// <param name="weight">How much it says beside the first one.</param>
    /// <param name="precision">What its convolutions compute in.</param>
    /// <param name="output">The data set's folder; must not be there, or be empty.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>How many pictures both have described; those without angles keep the first one's view.</returns>
    /// <exception cref="DataSetException">There are no descriptors to add to, or no angles, which say where to look; or the output is in use.</exception>
    public static int Add(TrainingFaces faces, Recogniser recogniser, double weight, ScalarType precision, string output, CancellationToken cancel)
    {
        var table = faces.Table;
        var all = Enumerable.Range(0, table.Faces.Count).Where(i => table.Faces[i].DescriptorRow >= 0).ToList();
        var seen = all.FindAll(i => table.Faces[i].Angles is not null);
        if (!MadePictures.CanExtend(table) || !seen.Exists(IsTrainingPhoto))
        {
            throw new DataSetException($"'{table.Folder}': to add a second recogniser's view needs a faces.csv with the photos' angles, which say where to look, and a first one's descriptors (`trainer describe` without --add writes them).");
        }
        var descriptors = all.ToDictionary(i => i, i => table.Descriptor(table.Faces[i]).ToArray());
        using var made = new MadePictures(table, output, "", descriptors);
        var second = new Dictionary<int, float[]>();
        Describe(faces, seen, recogniser, precision, second.Add, cancel);

        using var scope = NewDisposeScope();
        using var none = no_grad();
        // A kind's mean is that of those that are trained on; where there are none, there is nothing to hold its members against, and they keep the first one's view.
        var kinds = seen.GroupBy(i => TrainingFaces.Kind(table.Faces[i])).Select(k => (Members: k.ToList(), Known: k.Where(i => !table.Faces[i].Validation).ToList())).Where(k => k.Known.Count > 0)
            .Select(k => (k.Members, First: Rows(descriptors, k.Members), Mean: Rows(descriptors, k.Known).mean([0], keepdim: true), Second: Rows(second, k.Members) - Rows(second, k.Known).mean([0], keepdim: true)))
            .Select(k => (k.Members, k.Mean, Off: k.First - k.Mean, k.Second)).ToList();
        var photos = kinds.Select(k => (k.Off, k.Second, Is: tensor(k.Members.ConvertAll(IsTrainingPhoto).ToArray()))).ToList();
        var (left, _, right) = linalg.svd(cat([.. photos.Select(p => Unit(p.Second[p.Is]))]).transpose(0, 1).matmul(cat([.. photos.Select(p => Unit(p.Off[p.Is]))])), fullMatrices: false);
        var turn = left.matmul(right);
        foreach (var kind in kinds)
        {
            var both = kind.Mean + Unit(Unit(kind.Off) + Unit(kind.Second).matmul(turn) * weight) * kind.Off.norm(1, keepdim: true);
            foreach (var (index, row) in kind.Members.Zip(both.contiguous().data<float>().ToArray().Chunk(FaceTable.DescriptorLength)))
            {
                descriptors[index] = row;
            }
        }
        made.WriteTable();
        return kinds.Sum(k => k.Members.Count);

        bool IsTrainingPhoto(int i) => table.Faces[i] is { Validation: false, Drawn: false };
    }

    private static Tensor Rows(Dictionary<int, float[]> descriptors, List<int> indices) => tensor(indices.SelectMany(i => descriptors[i]).ToArray(), [indices.Count, FaceTable.DescriptorLength]);

    private static Tensor Unit(Tensor rows) => nn.functional.normalize(rows, p: 2, dim: 1);

    private static void Describe(TrainingFaces faces, List<int> pictures, Recogniser recogniser, ScalarType precision, Action<int, float[]> add, CancellationToken cancel)
    {
        foreach (var some in pictures.Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var none = no_grad();
            using var batch = FaceBatch.Create(faces, [.. some.Select(i => new FaceDraw(i, false))], recogniser.Device);
            Tensor Angle(Func<HeadAngles, float> angle) => tensor(some.Select(i => angle(faces.Table.Faces[i].Angles!.Value)).ToArray(), device: recogniser.Device);
            var seen = recogniser.DescriptorsOfBothSides(batch.Pictures, recogniser.Squares(Angle(a => a.Yaw), Angle(a => a.Roll)), precision).cpu().data<float>().ToArray();
            foreach (var (index, descriptor) in some.Zip(seen.Chunk(FaceTable.DescriptorLength)))
            {
                add(index, descriptor);
            }
        }
    }
}
