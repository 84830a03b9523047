using IpGan.Tests;
using IpGan.Training.Data;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class MixTests : IDisposable
{
    private readonly TinyDataSet _photos = new(people: 6);
    private readonly TinyDataSet _heads = new(people: 10);

    public void Dispose()
    {
        _photos.Dispose();
        _heads.Dispose();
    }

    private TrainingFaces Mix(double share)
    {
        var tables = new[] { FaceTable.Open(_photos.Folder), FaceTable.Open(_heads.Folder) };
        var packs = tables.Select(t => PackedFaces.Open(t, 32, Path.Combine(_photos.Folder, "cache"))).ToList();
        return new TrainingFaces(FaceTable.Mix(tables), PackedFaces.Mix(packs), [1 - share, share]);
    }

    [Fact]
    public void Pictures_are_drawn_from_each_set_by_its_share()
    {
        var faces = Mix(0.25);
        var random = new Random(1);
        Assert.InRange(Enumerable.Range(0, 4000).Average(_ => faces.Table.Faces[faces.DrawAny(random).Index].Set), 0.22, 0.28);
        Assert.InRange(Enumerable.Range(0, 4000).Average(_ => faces.Table.Faces[faces.DrawPair(random, 0.3).B.Index].Set), 0.22, 0.28);
    }

    [Fact]
    public void People_of_two_sets_are_different_people_whatever_their_names()
    {
        var faces = Mix(0.5);
        // Two of each set are for validation.
        Assert.Equal(4 + 8, faces.Classes);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var (a, b) = faces.DrawPair(random, 0.3);
            Assert.Equal(faces.Table.Faces[a.Index].Identity, faces.Table.Faces[b.Index].Identity);
            Assert.Equal(faces.Table.Faces[a.Index].Set, faces.Table.Faces[b.Index].Set);
        }
    }

    [Fact]
    public void A_batch_says_which_pictures_are_mixed_in()
    {
        var faces = Mix(0.5);
        var photo = faces.Indices.First(i => faces.Table.Faces[i].Set == 0);
        var head = faces.Indices.First(i => faces.Table.Faces[i].Set == 1);
        using var batch = FaceBatch.Create(faces, [new FaceDraw(photo, false), new FaceDraw(head, true)], CPU);
        Assert.Equal([0f, 1f], batch.MixedIn.data<float>().ToArray());
        Assert.Equal(File.ReadAllBytes(faces.Table.Faces[head].Path), File.ReadAllBytes(Path.Combine(_heads.Folder, "p0", "0.png")));
        var alone = FaceTable.Open(_heads.Folder);
        Assert.Equal(PackedFaces.Open(alone, 32, Path.Combine(_photos.Folder, "cache")).Read(0), faces.Packed.Read(head));
    }

    [Fact]
    public void Descriptors_of_a_second_set_are_refused()
    {
        File.WriteAllBytes(Path.Combine(_heads.Folder, "descriptors.f32"), new byte[128 * 4]);
        Assert.Contains("only the first data set", Assert.Throws<DataSetException>(() => Mix(0.5)).Message, StringComparison.Ordinal);
    }
}
