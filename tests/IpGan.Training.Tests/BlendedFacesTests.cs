using System.Runtime.InteropServices;
using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class BlendedFacesTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 8, pictures: 7);
    private readonly string _output = Path.Combine(Path.GetTempPath(), $"ipgan-blends-{Guid.NewGuid():N}");

    public void Dispose()
    {
        _data.Dispose();
        if (Directory.Exists(_output))
        {
            Directory.Delete(_output, recursive: true);
        }
    }

    private TrainingFaces Write(int near, int turned)
    {
        // Two people are seen turned: finding out where the recogniser looked in such photos takes long.
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Where(l => !l.Contains(",profile,", StringComparison.Ordinal) || l.StartsWith("p0/", StringComparison.Ordinal) || l.StartsWith("p1/", StringComparison.Ordinal)));
        _data.AddDescriptors();
        var faces = _data.Load();
        using var recogniser = new FaceApiRecogniser(RandomFaceApi.Write(Path.Combine(_data.Folder, "face-api")), CPU);
        // Seen through the usual squares of their yaw.
        using (var all = FaceBatch.Create(faces, [.. Enumerable.Range(0, faces.Table.Faces.Count).Select(i => new FaceDraw(i, false))], CPU))
        using (var seen = recogniser.Descriptors(all.Pictures, all.Angles.select(1, 0) * 45, all.Angles.select(1, 2) * 20, ScalarType.Float32))
        {
            File.WriteAllBytes(Path.Combine(_data.Folder, "descriptors.f32"), MemoryMarshal.AsBytes<float>(seen.data<float>().ToArray()));
        }
        faces = _data.Load();
        BlendedFaces.Write(faces, recogniser, near, turned, ScalarType.Float32, _output, TestContext.Current.CancellationToken);
        var table = FaceTable.Open(_output);
        return new TrainingFaces(table, PackedFaces.Open(table, 32, Path.Combine(_data.Folder, "cache")));
    }

    [Fact]
    public void Blends_come_beside_the_photos_with_the_pose_and_the_descriptor_of_what_they_show()
    {
        var blended = Write(near: 5, turned: 20);
        var (photos, faces) = (_data.Load().Table.Faces, blended.Table.Faces);
        Assert.Equal(photos.Select(f => (Path.GetFullPath(f.Path), f.Identity, f.Angles, f.DescriptorRow)), faces.Take(photos.Count).Select(f => (Path.GetFullPath(f.Path), f.Identity, f.Angles, f.DescriptorRow)));
        var blends = Enumerable.Range(photos.Count, faces.Count - photos.Count).ToList();
        Assert.Equal(25, blends.Count);
        Assert.All(blends, b => Assert.True(faces[b] is { Drawn: true, Validation: false, Frontal: false, Profile: false }));
        Assert.Equal(25, blends.Select(b => faces[b].Identity).Distinct().Count());
        // The data set's yaws are multiples of 20°.
        Assert.All(blends.Take(5), b => Assert.Equal(0, faces[b].Angles!.Value.Yaw));
        Assert.All(blends.Skip(5), b => Assert.Contains(Math.Abs(faces[b].Angles!.Value.Yaw), new[] { 40f, 60f }));
        Assert.Equal(2, blends.Skip(5).Select(b => Math.Sign(faces[b].Angles!.Value.Yaw)).Distinct().Count());

        using var recogniser = new FaceApiRecogniser(Path.Combine(_data.Folder, "face-api"), CPU);
        using var batch = FaceBatch.Create(blended, [.. blends.Select(b => new FaceDraw(b, false))], CPU);
        using var scope = NewDisposeScope();
        var seen = recogniser.DescriptorsOfBothSides(batch.Pictures, recogniser.Squares(batch.Angles.select(1, 0) * 45, batch.Angles.select(1, 2) * 20), ScalarType.Float32);
        using var said = tensor(blends.SelectMany(b => blended.Table.Descriptor(faces[b]).ToArray()).ToArray(), [25, 128]);
        // JPEG changes small pictures a little, and the vectors with them; another picture's are far.
        var off = (seen - said).norm(1).mean().item<float>();
        var other = (seen - said.roll(1, 0)).norm(1).mean().item<float>();
        Assert.InRange(off, 0, other / 3);
    }

    [Fact]
    public void A_head_that_is_moved_onto_another_is_rolled_as_that_one()
    {
        // Every person's head is rolled in its own way; MobileFaceNet's squares turn with it.
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => l.EndsWith(",0,0", StringComparison.Ordinal) ? $"{l[..^1]}{4 * (l[1] - '0') + 3}" : l));
        _data.AddDescriptors();
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        BlendedFaces.Write(_data.Load(), recogniser, near: 12, turned: 0, ScalarType.Float32, _output, TestContext.Current.CancellationToken);
        var blends = FaceTable.Open(_output).Faces.Where(f => f.Drawn).ToList();
        Assert.Equal(12, blends.Count);
        Assert.All(blends, b => Assert.Contains(Enumerable.Range(0, 8).Select(p => 4 * p + 3f), roll => Math.Abs(roll - Math.Abs(b.Angles!.Value.Roll)) < 0.1f));
    }

    [Fact]
    public void Encoders_learn_from_blends_half_of_the_time_and_nothing_else_does()
    {
        var faces = Write(near: 20, turned: 0);
        var table = faces.Table.Faces;
        var random = new Random(1);
        Assert.InRange(Enumerable.Range(0, 2000).Count(_ => table[faces.DrawForEncoders(random).Index].Drawn), 900, 1100);
        Assert.DoesNotContain(faces.Indices, i => table[i].Drawn);
        Assert.DoesNotContain(Enumerable.Range(0, 200), _ => table[faces.DrawAny(random).Index].Drawn);
        Assert.Equal(_data.Load().Classes, faces.Classes);
        Assert.All(Enumerable.Range(0, table.Count).Where(i => table[i].Drawn), i => Assert.Equal(-1, faces.Label(i)));
    }

    [Fact]
    public void A_blend_is_taught_what_the_recogniser_saw_in_it_beside_its_kind()
    {
        var faces = Write(near: 6, turned: 0);
        var table = faces.Table.Faces;
        var near = Enumerable.Range(0, table.Count).Where(i => table[i].Drawn).Take(6).ToList();
        var mean = faces.Table.MeanDescriptor([.. near.Select(i => table[i])]);
        foreach (var blend in near)
        {
            using var expected = nn.functional.normalize(tensor(faces.Table.Descriptor(table[blend]).ToArray().Zip(mean, (d, m) => d - m).ToArray()), p: 2, dim: 0);
            Assert.InRange((expected - tensor(faces.Teacher(blend)!)).abs().max().item<float>(), 0, 1e-5f);
        }
    }

    [Fact]
    public void A_single_blend_of_its_kind_teaches_nothing_rather_than_no_number()
    {
        var faces = Write(near: 1, turned: 1);
        Assert.All(Enumerable.Range(0, faces.Table.Faces.Count).Where(i => faces.Table.Faces[i].Drawn), i => Assert.All(faces.Teacher(i)!, number => Assert.Equal(0, number)));
    }

    [Fact]
    public void What_cannot_be_blended_is_told()
    {
        using var recogniser = new FaceApiRecogniser(RandomFaceApi.Write(Path.Combine(_data.Folder, "face-api")), CPU);
        Assert.Contains("blends need a faces.csv with angles, a descriptors.f32",
            Assert.Throws<DataSetException>(() => BlendedFaces.Write(_data.Load(), recogniser, 1, 1, ScalarType.Float32, _output, CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_output));
    }
}
