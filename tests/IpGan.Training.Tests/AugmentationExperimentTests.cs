using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class AugmentationExperimentTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 6, pictures: 6);
    private readonly NetworkSet _networks = new(TinyPreset.Value.Sizes, 4, CPU);

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    private AugmentationReport Run(int seeds)
    {
        using var model = FaceModel.Of(_networks);
        return new AugmentationExperiment(model, _data.Load()).Run(128, seeds, ScalarType.Float32, _ => { });
    }

    [Fact]
    public void Each_seed_trains_with_views_and_without_on_frontal_photos_of_training_people_only()
    {
        var report = Run(seeds: 2);
        // Of six people two are for validation; each has two frontal photos.
        Assert.Equal((4, 8, 24, 128), (report.People, report.Photos, report.Views, report.Pictures));
        Assert.Equal([(false, 1), (true, 1), (false, 2), (true, 2)], report.Recognisers.Select(r => (r.Views, r.Seed)));
        Assert.All(report.Recognisers, r => Assert.Equal((2, 16), (r.FrontalFrontal.Pairs, r.FrontalProfile.Pairs)));
        // Views are seen: all else is the same.
        Assert.NotEqual(report.Recognisers[0].FrontalProfile.Threshold, report.Recognisers[1].FrontalProfile.Threshold);
        // It can be repeated, seed by seed.
        Assert.Equal(report.Recognisers.Take(2).Select(r => r.FrontalProfile.Threshold), Run(seeds: 1).Recognisers.Select(r => r.FrontalProfile.Threshold));
    }

    [Fact]
    public void Without_frontal_photos_of_training_people_it_says_at_once_what_is_missing()
    {
        using var model = FaceModel.Of(_networks);
        File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => l.Contains(",train", StringComparison.Ordinal) ? l.Replace(",frontal,", ",profile,", StringComparison.Ordinal) : l));
        Assert.Contains("two frontal photos each", Assert.Throws<DataSetException>(() => new AugmentationExperiment(model, _data.Load())).Message, StringComparison.Ordinal);
    }
}
