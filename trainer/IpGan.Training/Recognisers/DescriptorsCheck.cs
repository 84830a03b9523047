using IpGan.Training.Data;
using static TorchSharp.torch;

namespace IpGan.Training.Recognisers;

/// <summary>Whether a data set's descriptors are a recogniser's: those of another one have as many numbers, and mean nothing to it.</summary>
public static class DescriptorsCheck
{
    private const int Most = 32;
    // Of its own photos it sees 0.9 and more again, whoever cut them; what another one saw is about 0.
    private const double Least = 0.5;

    /// <summary>Looks at some training photos again, at such as are seen from the front if there are any.</summary>
    /// <param name="faces">The data set.</param>
    /// <param name="recogniser">Whose descriptors they should be.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="DataSetException">There are no descriptors, or they are another recogniser's.</exception>
    public static void Run(TrainingFaces faces, Recogniser recogniser, Device device)
    {
        var table = faces.Table;
        if (faces.TeacherMeans is not { } means)
        {
            throw new DataSetException($"'{table.Folder}' has no descriptors (descriptors.f32) of photos: what a recogniser sees in pictures is compared with them. `trainer describe` writes them.");
        }
        var random = new Random(4);
        // Without angles it looks as at faces from the front.
        var photos = faces.Indices.Where(i => table.Faces[i].DescriptorRow >= 0).OrderBy(i => Math.Abs(Yaw(i)) >= TrainingFaces.Turned || table.Faces[i].Profile).ThenBy(_ => random.Next()).Take(Most).ToList();
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var batch = FaceBatch.Create(faces, photos.ConvertAll(i => new FaceDraw(i, false)), device);
        var yaw = tensor(photos.ConvertAll(Yaw).ToArray(), device: device);
        var roll = tensor(photos.ConvertAll(i => table.Faces[i].Angles?.Roll ?? 0).ToArray(), device: device);
        var off = means.At(yaw);
        var said = tensor(photos.SelectMany(i => table.Descriptor(table.Faces[i]).ToArray()).ToArray(), [photos.Count, TrainingFaces.TeacherDimension], device: device) - off;
        var seen = recogniser.Descriptors(batch.Pictures, yaw, roll, ScalarType.Float32) - off;
        var agreement = nn.functional.cosine_similarity(seen, said, dim: 1).mean().item<float>();
        // Not a number: photos that are all alike.
        if (agreement < Least)
        {
            throw new DataSetException(FormattableString.Invariant(
                $"'{table.Folder}' has descriptors of another recogniser than the one given: it sees in {photos.Count} photos what they say with a cosine of {agreement:F2}, its own would give at least {Least}. ")
                + "Give the other one, or write the data set anew with this one's (`trainer describe`).");
        }

        float Yaw(int i) => table.Faces[i].Angles?.Yaw ?? 0;
    }
}
