using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class DescribedFacesTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 4, pictures: 7);
    private readonly string _output = Path.Combine(Path.GetTempPath(), $"ipgan-described-{Guid.NewGuid():N}");

    public void Dispose()
    {
        _data.Dispose();
        if (Directory.Exists(_output))
        {
            Directory.Delete(_output, recursive: true);
        }
    }

    [Fact]
    public void Photos_stay_where_they_lie_and_get_what_the_new_teacher_sees()
    {
        _data.AddDescriptors();
        var faces = _data.Load();
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        var count = DescribedFaces.Write(faces, recogniser, ScalarType.Float32, _output, TestContext.Current.CancellationToken);

        var (before, after) = (faces.Table.Faces, FaceTable.Open(_output));
        Assert.Equal(before.Count, count);
        Assert.Equal(
            before.Select(f => (Path.GetFullPath(f.Path), f.Identity, f.Angles, f.Validation)), after.Faces.Select(f => (Path.GetFullPath(f.Path), f.Identity, f.Angles, f.Validation)));
        Assert.Equal(Enumerable.Range(0, count), after.Faces.Select(f => f.DescriptorRow));
        using var none = no_grad();
        using var scope = NewDisposeScope();
        using var batch = FaceBatch.Create(faces, [.. Enumerable.Range(0, count).Select(i => new FaceDraw(i, false))], CPU);
        var seen = recogniser.Descriptors(batch.Pictures, batch.Angles.select(1, 0) * 45, batch.Angles.select(1, 2) * 20, ScalarType.Float32);
        Assert.True(seen.allclose(tensor(after.Descriptors, [count, 128]), atol: 1e-4));
    }

    [Fact]
    public void A_table_without_a_column_for_descriptors_or_views_gets_one()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => l.Split(',')).Select(v => string.Join(',', v.Take(3).Concat(v.Skip(4)))));
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        var count = DescribedFaces.Write(_data.Load(), recogniser, ScalarType.Float32, _output, TestContext.Current.CancellationToken);
        var table = FaceTable.Open(_output);
        Assert.Equal(Enumerable.Range(0, count), table.Faces.Select(f => f.DescriptorRow));
        Assert.All(table.Faces, f => Assert.False(f.Frontal || f.Profile || f.Drawn));

        var blended = Path.Combine(_output, "blended");
        var described = new TrainingFaces(table, PackedFaces.Open(table, 32, Path.Combine(_data.Folder, "cache")));
        BlendedFaces.Write(described, recogniser, near: 2, turned: 2, ScalarType.Float32, blended, TestContext.Current.CancellationToken);
        var all = FaceTable.Open(blended);
        Assert.Equal(4, all.Faces.Count(f => f.Drawn));

        // Blends are seen by whoever they were made for.
        var error = Assert.Throws<DataSetException>(() => DescribedFaces.Write(
            new TrainingFaces(all, PackedFaces.Open(all, 32, Path.Combine(_data.Folder, "cache"))), recogniser, ScalarType.Float32, Path.Combine(_output, "again"), CancellationToken.None));
        Assert.Contains("has blends", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_use_is_told_before_anything_is_described()
    {
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_output).FullName, "mine.txt"), "mine");
        // Whoever describes sees that it is cancelled.
        Assert.Contains("is not empty", Assert.Throws<DataSetException>(
            () => DescribedFaces.Write(_data.Load(), recogniser, ScalarType.Float32, _output, new CancellationToken(canceled: true))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_descriptors_have_in_common_moves_with_the_yaw()
    {
        _data.AddDescriptors();
        var faces = _data.Load();
        var means = faces.TeacherMeans!;
        float[] Mean(Func<Face, bool> kind) => faces.Table.MeanDescriptor([.. faces.Indices.Select(i => faces.Table.Faces[i]).Where(kind)]);
        // Yaws of −60° to 60° in steps of 20°.
        Assert.Equal((40 / 3.0, 50), (means.FrontYaw, means.SideYaw));
        Assert.Equal(Mean(f => f.Frontal), means.Front);
        Assert.Equal(Mean(f => f.Profile), means.Side);
        using var at = means.At(tensor(new float[] { 0, -10, 90, -50, (float)(40 / 3.0 + 50) / 2 }));
        var middle = means.Front.Zip(means.Side, (a, b) => (a + b) / 2).ToArray();
        foreach (var (row, expected) in new[] { means.Front, means.Front, means.Side, means.Side, middle }.Select((e, i) => (i, e)))
        {
            Assert.True(at[row].allclose(tensor(expected), atol: 1e-5));
        }
    }

    [Fact]
    public void Without_angles_nobody_knows_where_to_look()
    {
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        var table = _data.Load().Table.Under(Supervision.Identity);
        var faces = new TrainingFaces(table, PackedFaces.Open(table, 32, Path.Combine(_data.Folder, "cache")));
        Assert.Contains("needs a faces.csv with their angles", Assert.Throws<DataSetException>(
            () => DescribedFaces.Write(faces, recogniser, ScalarType.Float32, _output, CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_output));
    }
}
