using IpGan.Training.Data;

namespace IpGan.Training.Tests;

public sealed class FaceTableTests : IDisposable
{
    private readonly TinyDataSet _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void A_table_gives_people_splits_views_and_angles()
    {
        var faces = FaceTable.Open(_data.Folder).Faces;
        Assert.Equal(24, faces.Count);
        Assert.Equal(8, faces.Count(f => f.Validation));
        Assert.Equal(-60, faces[0].Angles!.Value.Yaw);
        Assert.True(faces[0].Profile);
    }

    [Fact]
    public void A_folder_of_people_needs_no_table_and_splits_people_never_pictures()
    {
        File.Delete(_data.Csv);
        var faces = FaceTable.Open(_data.Folder).Faces;
        Assert.Equal(24, faces.Count);
        Assert.All(faces.GroupBy(f => f.Identity), person => Assert.Single(person.Select(f => f.Validation).Distinct()));
    }

    [Theory]
    [InlineData("p0/0.png,p0,train,profile,-60,0,0", "p0/0.png,p0,tset,frontal,-60,0,0", "split is 'tset'")]
    [InlineData("p0/0.png,p0,train,profile,-60,0,0", "p0/0.png,p0,train,profile,left,0,0", "yaw is 'left'")]
    [InlineData("path,identity", "file,identity", "no column 'path'")]
    public void A_wrong_table_is_refused_with_what_is_wrong(string right, string wrong, string message)
    {
        File.WriteAllText(_data.Csv, File.ReadAllText(_data.Csv).Replace(right, wrong, StringComparison.Ordinal));
        Assert.Contains(message, Assert.Throws<DataSetException>(() => FaceTable.Open(_data.Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_folder_and_an_empty_one_say_what_is_expected()
    {
        Assert.Contains("PERSON/PICTURE.jpg", Assert.Throws<DataSetException>(() => FaceTable.Open("nowhere")).Message, StringComparison.Ordinal);
        var empty = Directory.CreateTempSubdirectory();
        Assert.Contains("PERSON/PICTURE.jpg", Assert.Throws<DataSetException>(() => FaceTable.Open(empty.FullName)).Message, StringComparison.Ordinal);
        empty.Delete();
    }

    [Fact]
    public void A_broken_picture_is_named()
    {
        var broken = Path.Combine(_data.Folder, "p1", "2.png");
        File.WriteAllText(broken, "not a picture");
        Assert.Contains(broken, Assert.Throws<DataSetException>(() => _data.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Packed_pictures_are_the_same_from_the_cache()
    {
        var first = _data.Load().Packed;
        var second = _data.Load().Packed;
        Assert.Single(Directory.GetFiles(Path.Combine(_data.Folder, "cache")));
        for (var i = 0; i < 24; i++)
        {
            Assert.True(first[i].SequenceEqual(second[i]));
        }
    }

    [Fact]
    public void Pairs_are_two_pictures_of_one_training_person()
    {
        var faces = _data.Load();
        var random = new Random(1);
        for (var k = 0; k < 200; k++)
        {
            var (a, b) = faces.DrawPair(random, singleShare: 0);
            Assert.NotEqual(a.Index, b.Index);
            Assert.Equal(faces.Table.Faces[a.Index].Identity, faces.Table.Faces[b.Index].Identity);
            Assert.False(faces.Table.Faces[a.Index].Validation);
            Assert.False(faces.Table.Faces[faces.DrawAny(random).Index].Validation);
        }
    }

    [Fact]
    public void A_mirrored_draw_mirrors_pixels_and_yaw()
    {
        var faces = _data.Load();
        using var batch = FaceBatch.Create(faces, [new FaceDraw(0, false), new FaceDraw(0, true)], TorchSharp.torch.CPU);
        Assert.True(batch.Pictures[0].flip(2).allclose(batch.Pictures[1]));
        Assert.Equal(-60f / 45, batch.Angles[0][0].item<float>(), 1e-5f);
        Assert.Equal(60f / 45, batch.Angles[1][0].item<float>(), 1e-5f);
    }
}
