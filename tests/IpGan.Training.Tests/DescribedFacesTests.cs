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
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), new float[128], CPU);
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
    public void Without_angles_nobody_knows_where_to_look()
    {
        using var recogniser = new MobileFaceNet(RandomMobileFaceNet.Write(Path.Combine(_data.Folder, "models")), new float[128], CPU);
        var table = _data.Load().Table.Under(Supervision.Identity);
        var faces = new TrainingFaces(table, PackedFaces.Open(table, 32, Path.Combine(_data.Folder, "cache")));
        Assert.Contains("needs a faces.csv with their angles", Assert.Throws<DataSetException>(
            () => DescribedFaces.Write(faces, recogniser, ScalarType.Float32, _output, CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_output));
    }
}
