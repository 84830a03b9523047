using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class AngleHeadFitTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 12, pictures: 6);
    private readonly NetworkSet _networks = new(TinyPreset.Value.Sizes, 4, CPU);

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    // Mean square, in units, between what the head reads from training pictures and what is known of them.
    private double Error(TrainingFaces faces, Func<HeadAngles, HeadAngles>? read = null)
    {
        var known = faces.Indices.Where(i => faces.Table.Faces[i].Angles is not null).ToList();
        var vectors = new FaceVectors(_networks, faces);
        var seen = vectors.Angles(vectors.Poses(known));
        return known.Select((index, i) => PoseEncoder.Units(faces.Table.Faces[index].Angles!.Value)
            .Zip(PoseEncoder.Units(read?.Invoke(seen[i]) ?? seen[i]), (a, b) => (a - b) * (a - b)).Sum()).Average();
    }

    [Fact]
    public void An_untaught_head_then_reads_more_than_the_mean_tells()
    {
        var faces = _data.Load();
        var angles = faces.Indices.Select(i => faces.Table.Faces[i].Angles!.Value).ToList();
        var mean = new HeadAngles(angles.Average(a => a.Yaw), angles.Average(a => a.Pitch), angles.Average(a => a.Roll));
        var ofMean = Error(faces, _ => mean);
        AngleHeadFit.Fit(_networks, Supervision.None, faces);
        Assert.InRange(Error(faces), 0, ofMean * 0.9);
    }

    [Fact]
    public void Pose_vectors_stay_what_they_are()
    {
        var faces = _data.Load();
        float[][] Poses() => new FaceVectors(_networks, faces).Poses([.. faces.Indices]);
        var before = Poses();
        AngleHeadFit.Fit(_networks, Supervision.None, faces);
        Assert.Equal(before, Poses());
    }

    [Fact]
    public void A_head_that_was_taught_stays_as_it_is()
    {
        var before = _networks.AveragePose.AngleHead.weight.data<float>().ToArray();
        AngleHeadFit.Fit(_networks, Supervision.IdentityAndPose, _data.Load());
        Assert.Equal(before, _networks.AveragePose.AngleHead.weight.data<float>().ToArray());
    }

    [Fact]
    public void A_head_that_no_angles_taught_though_they_were_allowed_is_fitted_and_known_to_be()
    {
        _networks.AnglesTaught = false;
        var before = _networks.AveragePose.AngleHead.weight.data<float>().ToArray();
        AngleHeadFit.Fit(_networks, Supervision.IdentityAndPose, _data.Load());
        Assert.NotEqual(before, _networks.AveragePose.AngleHead.weight.data<float>().ToArray());
        Assert.True(_networks.AnglesTaught);
    }

    [Fact]
    public void A_head_that_rendered_heads_taught_gives_a_table_where_photos_have_no_angles()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => string.Join(',', l.Split(',').Take(4))));
        using var heads = new TinyDataSet(people: 22, pictures: 9);
        AngleHeadFit.Fit(_networks, Supervision.None, heads.Load());
        Assert.Equal(new Models.AnchorReach(-90, 90, -30, 30, -30, 30), AnchorFit.Fit(_networks, _data.Load(), heads.Load()).Reach);
        _networks.AnglesTaught = false;
        Assert.Equal(default, AnchorFit.Fit(_networks, _data.Load(), heads.Load()).Reach);
    }

    [Fact]
    public void Where_no_angles_are_known_it_is_left_alone()
    {
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => string.Join(',', l.Split(',').Take(4))));
        var before = _networks.AveragePose.AngleHead.weight.data<float>().ToArray();
        AngleHeadFit.Fit(_networks, Supervision.None, _data.Load());
        Assert.Equal(before, _networks.AveragePose.AngleHead.weight.data<float>().ToArray());
    }
}
