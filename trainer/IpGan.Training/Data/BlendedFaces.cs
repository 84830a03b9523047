using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>
/// A data set and, beside its photos, blends of two of them in like pose, with what the recogniser sees in each blend. Few people are in the photos, and an encoder soon knows by heart what is taught of
/// them; of blends there is no end, and their teacher answers the very picture (Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", CVPR 2022, section 3).
/// </summary>
public static class BlendedFaces
{
    // |yaw| in degrees: up to where a face counts as seen from the front, from where as turned, and how far two turned ones may be apart.
    private const float Near = 18;
    private const float Apart = 8;
    // Photos in profile are few: a turned photo is blended with another one, or now and then with a drawn view.
    private const double ShareOfPhotos = 0.7;
    // How much of a blend its first picture is.
    private const double Least = 0.3;
    private const double Most = 0.7;
    private const int Batch = 256;

    /// <summary>Writes the data set.</summary>
    /// <param name="faces">The photos, and drawn views if there are any.</param>
    /// <param name="recogniser">Describes the blends.</param>
    /// <param name="near">Blends of faces that are seen from the front.</param>
    /// <param name="turned">Blends of faces that are turned.</param>
    /// <param name="precision">What the recogniser's convolutions compute in.</param>
    /// <param name="output">The data set's folder; must not be there, or be empty.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>How many blends there are.</returns>
    /// <exception cref="DataSetException">There is nothing to blend, or no descriptors to add to; or the output is in use.</exception>
    public static int Write(TrainingFaces faces, Recogniser recogniser, int near, int turned, ScalarType precision, string output, CancellationToken cancel)
    {
        var table = faces.Table;
        float Yaw(int i) => Math.Abs(table.Faces[i].Angles!.Value.Yaw);
        var known = faces.Indices.Where(i => table.Faces[i].Angles is not null).ToList();
        var (front, side) = (known.FindAll(i => Yaw(i) < Near), known.FindAll(i => Yaw(i) >= TrainingFaces.Turned));
        var drawn = Enumerable.Range(0, table.Faces.Count).Where(i => table.Faces[i] is { Drawn: true, Validation: false, DescriptorRow: < 0, Angles: not null } && Yaw(i) >= TrainingFaces.Turned).ToList();
        if (!MadePictures.CanExtend(table) || table.Descriptors.Length == 0 || (near > 0 && front.Count < 2) || (turned > 0 && side.Count < 2))
        {
            throw new DataSetException($"'{table.Folder}': blends need a faces.csv with angles, a descriptors.f32, two faces seen from the front (yaw below {Near}°; there are {front.Count}) "
                + $"and two turned ones (from {TrainingFaces.Turned}° on; there are {side.Count}).");
        }
        using var made = new MadePictures(table, output, "blends");
        var device = recogniser.Device;
        var random = new Random(12);
        var looked = turned > 0 ? Looked(faces, recogniser, side, precision, cancel) : [];
        Blend(near, () => (front[random.Next(front.Count)], front[random.Next(front.Count)]));
        Blend(turned, () =>
        {
            var first = side[random.Next(side.Count)];
            var pool = (drawn.Count == 0 || random.NextDouble() < ShareOfPhotos ? side : drawn).FindAll(i => Math.Abs(Yaw(i) - Yaw(first)) < Apart);
            return (first, pool.Count > 0 ? pool[random.Next(pool.Count)] : first);
        });
        made.WriteTable();
        return made.Count;

        void Blend(int count, Func<(int First, int Second)> draw)
        {
            for (var start = 0; start < count; start += Batch)
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                using var none = no_grad();
                var pairs = Enumerable.Range(0, Math.Min(Batch, count - start)).Select(_ => draw()).ToList();
                // Both look to the same side.
                var sides = pairs.ConvertAll(_ => random.Next(2) == 0);
                FaceDraw Facing(int i, bool right) => new(i, table.Faces[i].Angles!.Value.Yaw < 0 == right);
                var firsts = pairs.Zip(sides, (p, s) => Facing(p.First, s)).ToList();
                var seconds = pairs.Zip(sides, (p, s) => Facing(p.Second, s)).ToList();
                using FaceBatch a = FaceBatch.Create(faces, firsts, device), b = FaceBatch.Create(faces, seconds, device);
                RecogniserSquares Squares(List<FaceDraw> draws)
                {
                    Tensor Known(Func<HeadAngles, float> angle) => tensor(draws.Select(d => angle(table.Faces[d.Index].Angles!.Value)).ToArray());
                    var usual = recogniser.Squares(Known(k => k.Yaw), Known(k => k.Roll)).Values.data<float>().ToArray().Chunk(RecogniserSquares.Mirror.Length);
                    return new(tensor(draws.Zip(usual, (d, known) => (looked.GetValueOrDefault(d.Index) ?? known).Select((value, i) => d.Mirror ? value * RecogniserSquares.Mirror[i] : value)).SelectMany(s => s).ToArray(),
                        [draws.Count, RecogniserSquares.Mirror.Length], device: device));
                }
                var (square, other) = (Squares(firsts), Squares(seconds));
                var shares = pairs.ConvertAll(_ => (float)(Least + random.NextDouble() * (Most - Least)));
                var pictures = lerp(other.MoveTo(square, b.Pictures), a.Pictures, tensor(shares.ToArray(), device: device).view(-1, 1, 1, 1));
                HeadAngles Angles(FaceDraw d) => d.Mirror ? table.Faces[d.Index].Angles!.Value.Mirrored : table.Faces[d.Index].Angles!.Value;
                // The second head is rolled with the picture that is moved.
                var rolled = ((square.Values - other.Values).select(1, 3) * (180 / Math.PI)).cpu().data<float>().ToArray();
                var angles = firsts.Zip(seconds, (f, s) => (First: Angles(f), Second: Angles(s)))
                    .Select((p, i) => Mean(p.First, p.Second with { Roll = p.Second.Roll - rolled[i] })).ToList();
                var descriptors = recogniser.DescriptorsOfBothSides(pictures, square, precision).cpu().data<float>().ToArray().Chunk(FaceTable.DescriptorLength).ToList();
                made.Add(pictures, i => new MadePicture(pairs[i].First, "blend", $"blend {made.Count}", angles[i], descriptors[i]));
            }
        }
    }

    // Turned faces are not all seen through the usual square of their yaw: blended where the recogniser looked, they meet, and what it says of the blend is worth more.
    private static Dictionary<int, float[]> Looked(TrainingFaces faces, Recogniser recogniser, List<int> photos, ScalarType precision, CancellationToken cancel)
    {
        var looked = new Dictionary<int, float[]>();
        foreach (var some in photos.Where(i => faces.Table.Faces[i].DescriptorRow >= 0).Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var batch = FaceBatch.Create(faces, [.. some.Select(i => new FaceDraw(i, false))], recogniser.Device);
            Tensor Angle(Func<HeadAngles, float> angle) => tensor(some.Select(i => angle(faces.Table.Faces[i].Angles!.Value)).ToArray(), device: recogniser.Device);
            var descriptors = tensor(some.SelectMany(i => faces.Table.Descriptor(faces.Table.Faces[i]).ToArray()).ToArray(), [some.Length, FaceTable.DescriptorLength], device: recogniser.Device);
            var found = recogniser.SquaresOf(batch.Pictures, Angle(a => a.Yaw), Angle(a => a.Roll), descriptors, precision).Values.cpu().data<float>().ToArray();
            foreach (var (index, square) in some.Zip(found.Chunk(found.Length / some.Length)))
            {
                looked.Add(index, square);
            }
        }
        return looked;
    }

    private static HeadAngles Mean(HeadAngles a, HeadAngles b) => new((a.Yaw + b.Yaw) / 2, (a.Pitch + b.Pitch) / 2, (a.Roll + b.Roll) / 2);
}
