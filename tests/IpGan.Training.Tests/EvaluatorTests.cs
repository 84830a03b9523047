using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class EvaluatorTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 6, pictures: 6);
    private readonly NetworkSet _networks = new(TinyPreset.Value.Sizes, 4, CPU);

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    private EvaluationReport Run() => new Evaluator(_networks, _data.Load()).Run();

    [Fact]
    public void All_pairs_are_measured_once()
    {
        // Two people, each with pictures at −60, −36, −12, 12, 36 and 60: two frontal, four profiles.
        var report = Run();
        Assert.Equal(2, report.People);
        Assert.Equal((2, 2 * 2), (report.FrontalFrontal.Pairs, report.FrontalFrontal.DifferentPairs));
        Assert.Equal((2 * 2 * 4, 2 * 2 * 4), (report.FrontalProfile.Pairs, report.FrontalProfile.DifferentPairs));
    }

    [Fact]
    public void Without_known_angles_there_is_one_anchor_whatever_rendered_heads_there_are()
    {
        using var heads = new TinyDataSet(people: 12, pictures: 20);
        var lines = File.ReadAllLines(_data.Csv);
        File.WriteAllLines(_data.Csv, [lines[0], .. lines.Skip(1).Select(l => string.Join(',', l.Split(',')[..4]) + ",,,")]);
        Assert.Equal(default, AnchorFit.Fit(_networks, _data.Load(), heads.Load()).Reach);
    }

    [Fact]
    public void The_order_of_the_table_does_not_change_the_pairs()
    {
        var lines = File.ReadAllLines(_data.Csv);
        File.WriteAllLines(_data.Csv, [lines[0], .. lines.Skip(1).OrderByDescending(l => l.Contains(",profile,", StringComparison.Ordinal))]);
        var report = Run();
        Assert.Equal((2, 16), (report.FrontalFrontal.Pairs, report.FrontalProfile.Pairs));
    }

    [Fact]
    public void Both_photos_of_a_pair_are_what_was_asked_for_in_that_order()
    {
        var lines = File.ReadAllLines(_data.Csv);
        File.WriteAllLines(_data.Csv, [lines[0], .. lines.Skip(1).OrderByDescending(l => l.Contains(",profile,", StringComparison.Ordinal))]);
        var faces = _data.Load();
        var table = faces.Table.Faces;
        var (same, different) = Evaluator.Pairs(Evaluator.People(faces), i => table[i].Frontal, i => table[i].Profile);
        Assert.Equal((16, 16), (same.Count, different.Count));
        Assert.All([.. same, .. different], ((int First, int Second) p) => Assert.True(table[p.First].Frontal && table[p.Second].Profile));
    }

    [Fact]
    public void Rotation_is_measured_in_the_bins_that_have_references()
    {
        var report = Run();
        Assert.Equal([-60, -45, -15, 0, 30, 60], report.Rotation.Select(b => b.From));
        Assert.All(report.Rotation, bin =>
        {
            Assert.Equal(8, bin.Pictures);
            // One of each person, whose pose the other one takes.
            Assert.Equal(2, bin.References);
            Assert.InRange(bin.IdentityKept, 0, 1);
            Assert.InRange(bin.TakenForOthers, 0, 1);
            Assert.True(double.IsFinite(bin.YawError) && bin.YawError >= 0);
        });
    }

    [Fact]
    public void How_people_hold_their_heads_is_told_beside_what_the_pose_vector_tells_of_them()
    {
        // Both are seen at the same yaws: whom a photo is taken for is right for one of them.
        Assert.Equal(0.5, Run().IdentityFromAngles);
        // The one always looks up, the other one down.
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => l.StartsWith("p5/", StringComparison.Ordinal) ? l.Replace(",0,0", ",20,0", StringComparison.Ordinal)
            : l.StartsWith("p4/", StringComparison.Ordinal) ? l.Replace(",0,0", ",-20,0", StringComparison.Ordinal) : l));
        Assert.Equal(1, Run().IdentityFromAngles);
    }

    [Fact]
    public void Without_angles_what_needs_them_is_left_out()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => string.Join(',', l.Split(',').Take(4))));
        var report = Run();
        Assert.Empty(report.Rotation);
        Assert.Null(report.TurnFromIdentity);
        Assert.Null(report.IdentityFromAngles);
        Assert.Equal(16, report.FrontalProfile.Pairs);
    }

    [Fact]
    public void Descriptors_that_know_everybody_get_full_marks_on_the_same_pairs()
    {
        _data.AddColumns("descriptor_row", line => ((line - 2) / 6).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var rows = new float[6 * 128];
        for (var person = 0; person < 6; person++)
        {
            rows[person * 128 + person] = 1;
        }
        File.WriteAllBytes(Path.Combine(_data.Folder, "descriptors.f32"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(rows).ToArray());
        var report = Run();
        Assert.Equal((1, 0), (report.TeacherFrontalProfile!.Accuracy, report.TeacherFrontalProfile.EqualErrorRate));
        Assert.Equal(report.FrontalProfile.Pairs, report.TeacherFrontalProfile.Pairs);
    }

    [Fact]
    public void Who_is_trained_on_under_another_name_is_not_measured()
    {
        // Three people to measure; the last is the first of those who are trained on.
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => l.Replace(",p3,train,", ",p3,validation,", StringComparison.Ordinal)));
        _data.AddColumns("descriptor_row", line => ((line - 2) / 6 % 5).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var rows = new float[5 * 128];
        for (var person = 0; person < 5; person++)
        {
            rows[person * 128 + person] = 1;
        }
        File.WriteAllBytes(Path.Combine(_data.Folder, "descriptors.f32"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(rows).ToArray());
        var report = Run();
        Assert.Equal([KeyValuePair.Create("p5", "p0")], report.LeftOut);
        Assert.Equal(2, report.People);
        Assert.Equal(2, report.FrontalFrontal.Pairs);
    }

    [Fact]
    public void Pairs_with_a_photo_that_has_no_descriptor_are_left_out_of_the_teachers_row_only()
    {
        // The last photo of each person was too hard for it.
        _data.AddColumns("descriptor_row", line => (line - 2) % 6 == 5 ? "-1" : "0");
        File.WriteAllBytes(Path.Combine(_data.Folder, "descriptors.f32"), new byte[128 * 4]);
        var report = Run();
        Assert.Equal(16, report.FrontalProfile.Pairs);
        Assert.Equal(2 * 2 * 3, report.TeacherFrontalProfile!.Pairs);
    }

    [Fact]
    public void Angles_are_measured_on_rendered_heads_of_validation_people_and_their_mirror_images()
    {
        using var heads = new TinyDataSet(people: 4, pictures: 7);
        var report = new Evaluator(_networks, _data.Load(), heads.Load()).Run();
        // Two people at −60, −40, −20, 0, 20, 40 and 60, twice.
        Assert.Equal([(0, 4), (15, 8), (30, 8), (60, 8)], report.Heads.Select(b => ((int)b.From, b.Pictures)));
        Assert.All(report.Heads, b => Assert.True(double.IsFinite(b.YawError + b.PitchError + b.RollError + b.TableYawError)));
        Assert.Empty(Run().Heads);
    }

    [Fact]
    public void Two_people_are_enough_also_where_only_one_of_them_is_seen_from_a_side()
    {
        // p4 to the right only, p5 to the left only.
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Where(l => !(l.Contains(",p4,", StringComparison.Ordinal) && l.Contains(",profile,-", StringComparison.Ordinal))
            && !(l.Contains(",p5,", StringComparison.Ordinal) && l.Contains(",profile,", StringComparison.Ordinal) && !l.Contains(",profile,-", StringComparison.Ordinal))));
        var report = Run();
        Assert.Equal(2, report.People);
        Assert.Equal(6, report.Rotation.Count);
        Assert.All(report.Rotation, b => Assert.InRange(b.TakenForOthers, 0, 1));
    }

    [Fact]
    public void Two_people_of_whom_only_one_has_angles_cannot_be_turned()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => l.Contains(",p5,", StringComparison.Ordinal) ? string.Join(',', l.Split(',')[..4]) + ",,," : l));
        var report = Run();
        Assert.Equal(2, report.People);
        Assert.Empty(report.Rotation);
    }

    [Fact]
    public void Too_few_validation_people_are_told_with_what_is_needed()
    {
        File.WriteAllText(_data.Csv, File.ReadAllText(_data.Csv).Replace("p5,validation", "p5,train", StringComparison.Ordinal));
        Assert.Contains("at least two validation people", Assert.Throws<DataSetException>(Run).Message, StringComparison.Ordinal);
    }
}
