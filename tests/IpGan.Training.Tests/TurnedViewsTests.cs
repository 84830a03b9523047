using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class TurnedViewsTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 8, pictures: 6);
    private readonly NetworkSet _networks = new(TinyPreset.Value.Sizes, 4, CPU);
    private readonly string _output = Path.Combine(Path.GetTempPath(), $"ipgan-views-{Guid.NewGuid():N}");

    public TurnedViewsTests() => File.WriteAllLines(
        _data.Csv, File.ReadAllLines(_data.Csv).Where(l => !(l.StartsWith("p1/", StringComparison.Ordinal) || l.StartsWith("p2/", StringComparison.Ordinal)) || l.Contains(",frontal,", StringComparison.Ordinal)));

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
        if (Directory.Exists(_output))
        {
            Directory.Delete(_output, recursive: true);
        }
    }

    private int Write() => TurnedViews.Write(_networks, _data.Load(), _output, TestContext.Current.CancellationToken);

    private TrainingFaces Load()
    {
        var table = FaceTable.Open(_output);
        return new TrainingFaces(table, PackedFaces.Open(table, 32, Path.Combine(_data.Folder, "cache")));
    }

    [Fact]
    public void Who_is_seen_from_the_front_only_gets_a_view_and_all_photos_stay()
    {
        var photos = _data.Load().Table.Faces;
        Assert.Equal(2, Write());
        var faces = FaceTable.Open(_output).Faces;
        Assert.Equal(photos.Select(f => (Path.GetFullPath(f.Path), f.Identity, f.Angles)), faces.Take(photos.Count).Select(f => (Path.GetFullPath(f.Path), f.Identity, f.Angles)));
        var views = faces.Skip(photos.Count).ToList();
        Assert.Equal(["p1", "p2"], views.Select(v => v.Identity).Order());
        Assert.All(views, view =>
        {
            Assert.True(view is { Drawn: true, Validation: false, Frontal: false, Profile: false });
            Assert.InRange(Math.Abs(view.Angles!.Value.Yaw), 30, 90);
        });
    }

    [Fact]
    public void Views_are_what_the_model_draws_of_the_person_in_that_pose()
    {
        Write();
        var faces = Load();
        var table = faces.Table.Faces;
        var vectors = new Evaluation.FaceVectors(_networks, faces);
        foreach (var view in Enumerable.Range(0, table.Count).Where(i => table[i].Drawn))
        {
            var sources = faces.Indices.Where(i => table[i].Identity == table[view].Identity).ToList();
            var poses = faces.Indices.Where(i => table[i].Angles == table[view].Angles).ToList();
            var differences = new List<float>();
            foreach (var (source, pose) in sources.SelectMany(_ => poses, (s, p) => (s, p)))
            {
                vectors.Draw(vectors.Identities([source]), vectors.Poses([pose]), (_, drawn) =>
                {
                    using var batch = FaceBatch.Create(faces, [new FaceDraw(view, false)], CPU);
                    differences.Add((batch.Pictures - drawn).abs().mean().item<float>());
                });
            }
            // JPEG, of small pictures with much in them.
            Assert.InRange(differences.Min(), 0, 0.15f);
        }
    }

    [Fact]
    public void The_angles_that_a_view_was_asked_for_are_taught_of_no_picture()
    {
        Write();
        var faces = Load();
        var view = Enumerable.Range(0, faces.Table.Faces.Count).First(i => faces.Table.Faces[i].Drawn);
        using var batch = FaceBatch.Create(faces, [new FaceDraw(view, false), new FaceDraw(0, false)], CPU);
        Assert.Equal([0f, 1f], batch.HasAngles.data<float>().ToArray());
        Assert.Equal([0f, 0f, 0f, -60 / 45f, 0f, 0f], batch.Angles.data<float>().ToArray());
    }

    [Fact]
    public void Encoders_learn_from_views_and_nothing_else_does()
    {
        Write();
        var faces = Load();
        var table = faces.Table.Faces;
        var random = new Random(1);
        Assert.DoesNotContain(faces.Indices, i => table[i].Drawn);
        Assert.Contains(Enumerable.Range(0, 200), _ => table[faces.DrawForEncoders(random).Index].Drawn);
        Assert.DoesNotContain(Enumerable.Range(0, 200), _ => table[faces.DrawAny(random).Index].Drawn);
        Assert.DoesNotContain(Enumerable.Range(0, 200), _ => faces.DrawPair(random, 0.3) is var (a, b) && (table[a.Index].Drawn || table[b.Index].Drawn));
        Assert.DoesNotContain(FaceTable.Open(_output).Under(Supervision.None).Faces, f => f.Drawn);
    }

    [Fact]
    public void Views_of_people_who_are_held_out_are_not_learnt_from()
    {
        Write();
        // p7 is held out.
        var csv = Path.Combine(_output, "faces.csv");
        File.WriteAllLines(csv, File.ReadAllLines(csv).Select(l => l.Contains(",drawn,", StringComparison.Ordinal) ? l.Replace(",p1,train,", ",p7,validation,", StringComparison.Ordinal) : l));
        var faces = Load();
        var random = new Random(1);
        var views = Enumerable.Range(0, 400).Select(_ => faces.Table.Faces[faces.DrawForEncoders(random).Index]).Where(f => f.Drawn).ToList();
        Assert.Equal(["p2"], views.Select(v => v.Identity).Distinct());
    }

    [Fact]
    public void A_person_of_one_photo_and_a_view_is_a_class()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Where(l => !l.StartsWith("p1/2", StringComparison.Ordinal)));
        Assert.Equal(5, _data.Load().Classes);
        Write();
        var faces = Load();
        Assert.Equal(6, faces.Classes);
        Assert.All(Enumerable.Range(0, faces.Table.Faces.Count).Where(i => faces.Table.Faces[i].Drawn), view => Assert.InRange(faces.Label(view), 0, 5));
    }

    [Fact]
    public void Descriptors_go_along()
    {
        _data.AddDescriptors();
        Write();
        var (before, after) = (_data.Load(), Load());
        var view = Enumerable.Range(0, after.Table.Faces.Count).First(i => after.Table.Faces[i].Drawn);
        var photo = before.Indices.First(i => before.Table.Faces[i].Identity == after.Table.Faces[view].Identity);
        Assert.Equal(before.Teacher(photo), after.Teacher(photo));
        // The teacher has not seen the view: it has what holds for the person, half of what a photo has.
        Assert.InRange(System.Numerics.Tensors.TensorPrimitives.Dot<float>(after.Teacher(photo), after.Teacher(view)), 0.5f, 0.999f);
    }

    [Fact]
    public void What_cannot_be_is_told()
    {
        Directory.CreateDirectory(_output);
        File.WriteAllText(Path.Combine(_output, "mine.txt"), "mine");
        Assert.Contains("is not empty", Assert.Throws<FolderNotEmptyException>(() => Write()).Message, StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Directory.EnumerateFileSystemEntries(_output).Select(Path.GetFileName));
        // Everybody has profiles.
        using var all = new TinyDataSet();
        Assert.Contains("seen from the front only (yaw below 30°; there are 0)",
            Assert.Throws<DataSetException>(() => TurnedViews.Write(_networks, all.Load(), $"{_output}-none", CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{_output}-none"));
    }

    [Fact]
    public void A_picture_that_cannot_be_written_is_told_as_any_file_that_cannot()
    {
        using var made = new MadePictures(_data.Load().Table, _output, "views");
        Directory.Delete(Path.Combine(_output, "views"));
        Assert.IsAssignableFrom<IOException>(Record.Exception(() => made.Add(zeros(3, 3, 32, 32), i => new MadePicture(i, "turned", "p1"))));
    }
}
