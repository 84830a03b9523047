using IpGan.Tests;
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

    // The first picture stands in line 2.
    [Theory]
    [InlineData("p0/0.png,p0,tset,profile,-60,0,0", "split is 'tset'; it must be train or validation")]
    [InlineData("p0/0.png,p0,train,side,-60,0,0", "view is 'side'; it must be any or frontal or profile")]
    [InlineData("p0/0.png,p0,train,profile,left,0,0", "yaw is 'left', which is not a number")]
    [InlineData("p0/0.png,p0,train,profile,NaN,0,0", "yaw is 'NaN', which is not a number")]
    [InlineData("p0/0.png,p0,train,profile,-60,,0", "pitch is '', which is not a number")]
    [InlineData("p0/0.png,p0,train,profile,-600,0,0", "yaw is -600; it must be -180 to 180")]
    [InlineData("p0/0.png,,train,profile,-60,0,0", "identity is empty")]
    [InlineData(",p0,train,profile,-60,0,0", "path is empty")]
    [InlineData("p0,p0,train,profile,-60,0,0", "there is no picture 'p0'")]
    [InlineData("p0/9.png,p0,train,profile,-60,0,0", "there is no picture 'p0/9.png'")]
    public void A_wrong_line_is_refused_with_file_and_line(string wrong, string message)
    {
        Replace("p0/0.png,p0,train,profile,-60,0,0", wrong);
        AssertRefused($"'{_data.Csv}', line 2: {message}");
    }

    [Fact]
    public void A_person_in_both_splits_is_refused_with_both_lines()
    {
        Replace("p0/2.png,p0,train", "p0/2.png,p0,validation");
        AssertRefused($"'{_data.Csv}', line 4: 'p0' is in validation, but in line 2 not");
    }

    [Theory]
    [InlineData("path,identity", "file,identity", "line 1: there is no column 'path'")]
    [InlineData("yaw,pitch,roll", "yaw,nod,roll", "line 1: there is no column 'pitch'")]
    [InlineData("yaw,pitch,roll", "yaw,yaw,roll", "cannot be read")]
    [InlineData("p0/1.png,p0,train", "p0/1.png,train", "3")]
    public void A_wrong_form_of_the_table_is_refused_with_its_name(string right, string wrong, string message)
    {
        Replace(right, wrong);
        AssertRefused($"'{_data.Csv}'");
        AssertRefused(message);
    }

    [Theory]
    [InlineData("10,0,5,32", "the valid part is empty")]
    [InlineData("0,0,33,32", "valid_right is 33; it must be 0 to 32")]
    [InlineData("0,-1,32,32", "valid_top is -1; it must be 0 to 32")]
    public void A_valid_part_outside_the_picture_is_refused_with_file_and_line(string valid, string message)
    {
        _data.AddColumns("valid_left,valid_top,valid_right,valid_bottom,side", line => $"{(line == 3 ? valid : "0,0,32,32")},32");
        AssertRefused($"'{_data.Csv}', line 3: {message}");
    }

    [Theory]
    [InlineData("24", "descriptor_row is 24, but descriptors.f32 has 24 rows")]
    [InlineData("1.5", "descriptor_row is '1.5'; it must be a row's number")]
    [InlineData("-2", "descriptor_row is '-2'; it must be a row's number")]
    public void A_wrong_row_of_descriptors_is_refused_with_file_and_line(string row, string message)
    {
        _data.AddColumns("descriptor_row", line => line == 5 ? row : "0");
        WriteDescriptors(new float[24 * 128]);
        AssertRefused($"'{_data.Csv}', line 5: {message}");
    }

    [Fact]
    public void Descriptors_that_are_cut_or_not_finite_are_refused_by_name()
    {
        var descriptors = new float[3 * 128];
        descriptors[300] = float.NaN;
        WriteDescriptors(descriptors);
        AssertRefused("descriptors.f32': row 2 (counted from 0) holds NaN");
        WriteDescriptors(descriptors[..100]);
        AssertRefused("descriptors.f32' has 400 bytes");
    }

    [Fact]
    public void A_quoted_path_with_a_comma_is_one_path()
    {
        File.Move(Path.Combine(_data.Folder, "p0", "0.png"), Path.Combine(_data.Folder, "p0", "a, b.png"));
        Replace("p0/0.png,p0", "\"p0/a, b.png\",p0");
        Assert.EndsWith("a, b.png", FaceTable.Open(_data.Folder).Faces[0].Path, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_set_of_validation_people_alone_cannot_be_trained_on()
    {
        Replace(",train,", ",validation,");
        AssertRefused("no picture to train on");
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
            Assert.True(first.Read(i).SequenceEqual(second.Read(i)));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => first.Read(24));
    }

    [Fact]
    public void A_picture_replaced_by_an_older_one_is_packed_anew()
    {
        var first = _data.Load().Packed.Read(0);
        var picture = Path.Combine(_data.Folder, "p0", "0.png");
        File.Copy(Path.Combine(_data.Folder, "p3", "3.png"), picture, overwrite: true);
        File.SetLastWriteTimeUtc(picture, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.False(_data.Load().Packed.Read(0).SequenceEqual(first));
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

    private void Replace(string right, string wrong)
    {
        var text = File.ReadAllText(_data.Csv);
        Assert.Contains(right, text, StringComparison.Ordinal);
        File.WriteAllText(_data.Csv, text.Replace(right, wrong, StringComparison.Ordinal));
    }

    private void AssertRefused(string message) =>
        Assert.Contains(message, Assert.Throws<DataSetException>(() => FaceTable.Open(_data.Folder)).Message, StringComparison.Ordinal);

    private void WriteDescriptors(float[] values) =>
        File.WriteAllBytes(Path.Combine(_data.Folder, "descriptors.f32"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray());
}
