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
        Tensor Seen(Tensor pictures, int side) => recogniser.Descriptors(pictures, batch.Angles.select(1, 0) * 45 * side, batch.Angles.select(1, 2) * 20 * side, ScalarType.Float32);
        // Each picture and its mirror image.
        Assert.True(((Seen(batch.Pictures, 1) + Seen(batch.Pictures.flip(3), -1)) / 2).allclose(tensor(after.Descriptors, [count, 128]), atol: 1e-4));
    }

    [Fact]
    public void A_second_teacher_is_added_in_the_coordinates_of_the_first()
    {
        using var first = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        using var second = new FaceApiRecogniser(RandomFaceApi.Write(Path.Combine(_data.Folder, "model")), CPU);
        DescribedFaces.Write(_data.Load(), first, ScalarType.Float32, Path.Combine(_output, "first"), CancellationToken.None);
        BlendedFaces.Write(Load("first"), first, near: 3, turned: 3, ScalarType.Float32, Path.Combine(_output, "blended"), CancellationToken.None);
        var faces = Load("blended");
        Assert.Equal(34, DescribedFaces.Add(faces, second, weight: 1, ScalarType.Float32, Path.Combine(_output, "both"), TestContext.Current.CancellationToken));
        var (before, after) = (faces.Table, FaceTable.Open(Path.Combine(_output, "both")));
        Assert.Equal(before.Faces.Select(f => (Path.GetFullPath(f.Path), f.Drawn, f.DescriptorRow)), after.Faces.Select(f => (Path.GetFullPath(f.Path), f.Drawn, f.DescriptorRow)));

        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (turned, seen) = (new List<Tensor>(), new List<Tensor>());
        foreach (var kind in Enumerable.Range(0, before.Faces.Count).Where(i => !before.Faces[i].Validation).GroupBy(i => TrainingFaces.Kind(before.Faces[i])))
        {
            Tensor Rows(FaceTable table) => tensor(kind.SelectMany(i => table.Descriptor(before.Faces[i]).ToArray()).ToArray(), [kind.Count(), 128]);
            // The first's mean stays the kind's, and how far each is from it.
            var mean = Rows(before).mean([0], keepdim: true);
            var (a, n) = (Rows(before) - mean, Rows(after) - mean);
            Assert.True(a.norm(1).allclose(n.norm(1), rtol: 1e-3));
            (a, n) = (nn.functional.normalize(a, dim: 1), nn.functional.normalize(n, dim: 1));
            // n = u(a + Q b), so that Q b = 2 (n · a) n − a.
            turned.Add(n * (n * a).sum(1, keepdim: true) * 2 - a);
            using var batch = FaceBatch.Create(faces, [.. kind.Select(i => new FaceDraw(i, false))], CPU);
            Tensor Angle(Func<HeadAngles, float> angle) => tensor(kind.Select(i => angle(before.Faces[i].Angles!.Value)).ToArray());
            var both = second.DescriptorsOfBothSides(batch.Pictures, second.Squares(Angle(h => h.Yaw), Angle(h => h.Roll)), ScalarType.Float32);
            seen.Add(nn.functional.normalize(both - both.mean([0], keepdim: true), dim: 1));
        }
        // Turned as a whole, not bent: all angles between what the second sees are as they were.
        var (q, b) = (cat([.. turned]), cat([.. seen]));
        Assert.True(q.matmul(q.transpose(0, 1)).allclose(b.matmul(b.transpose(0, 1)), atol: 2e-3));

        TrainingFaces Load(string name)
        {
            var table = FaceTable.Open(Path.Combine(_output, name));
            return new TrainingFaces(table, PackedFaces.Open(table, 32, Path.Combine(_data.Folder, "cache")));
        }
    }

    [Fact]
    public void A_second_teacher_who_sees_the_same_changes_nothing()
    {
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        DescribedFaces.Write(_data.Load(), recogniser, ScalarType.Float32, Path.Combine(_output, "once"), CancellationToken.None);
        var once = FaceTable.Open(Path.Combine(_output, "once"));
        DescribedFaces.Add(new TrainingFaces(once, PackedFaces.Open(once, 32, Path.Combine(_data.Folder, "cache"))), recogniser, weight: 0.5, ScalarType.Float32, Path.Combine(_output, "twice"), CancellationToken.None);
        var twice = FaceTable.Open(Path.Combine(_output, "twice"));
        var training = once.Faces.Where(f => !f.Validation).SelectMany(f => Enumerable.Range(f.DescriptorRow * 128, 128)).ToList();
        using var scope = NewDisposeScope();
        Assert.True(tensor(training.ConvertAll(i => once.Descriptors[i]).ToArray()).allclose(tensor(training.ConvertAll(i => twice.Descriptors[i]).ToArray()), atol: 1e-4));
    }

    [Fact]
    public void Without_a_first_teacher_nothing_can_be_added()
    {
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), CPU);
        Assert.Contains("a first one's descriptors", Assert.Throws<DataSetException>(
            () => DescribedFaces.Add(_data.Load(), recogniser, weight: 0.5, ScalarType.Float32, _output, CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_output));
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
        Assert.Contains("is not empty", Assert.Throws<FolderNotEmptyException>(
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
