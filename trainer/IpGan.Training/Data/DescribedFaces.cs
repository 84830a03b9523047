using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>A data set with what a recogniser sees in its photos: the same pictures where they lie, and descriptors of another teacher.</summary>
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
            throw new DataSetException($"'{table.Folder}' has blends, made for the recogniser that described it: describe the photos without them, and blend those anew.");
        }
        var descriptors = new Dictionary<int, float[]>();
        using var made = new MadePictures(table, output, "", descriptors);
        foreach (var some in photos.Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var none = no_grad();
            using var batch = FaceBatch.Create(faces, [.. some.Select(i => new FaceDraw(i, false))], recogniser.Device);
            Tensor Angle(Func<HeadAngles, float> angle) => tensor(some.Select(i => angle(table.Faces[i].Angles!.Value)).ToArray(), device: recogniser.Device);
            var seen = recogniser.Descriptors(batch.Pictures, Angle(a => a.Yaw), Angle(a => a.Roll), precision).cpu().data<float>().ToArray();
            foreach (var (index, descriptor) in some.Zip(seen.Chunk(FaceTable.DescriptorLength)))
            {
                descriptors.Add(index, descriptor);
            }
        }
        made.WriteTable();
        return descriptors.Count;
    }
}
