using IpGan.Imaging;
using IpGan.Rendering.Assets;
using IpGan.Rendering.Views;

namespace IpGan.Rendering.Tests;

public sealed class SynthesisTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SynthesisOptions Options(string name) => new()
    {
        Assets = SharedData.Folder("makehuman"),
        Output = Path.Combine(_folder.Path, name),
        People = 3,
        Views = 2,
        Size = 64,
    };

    [Fact]
    public void A_data_set_has_a_line_and_a_picture_for_each_view()
    {
        var told = 0;
        Synthesis.Run(Options("set"), done => Interlocked.Exchange(ref told, Math.Max(told, done)), TestContext.Current.CancellationToken);
        var lines = File.ReadAllLines(Path.Combine(_folder.Path, "set", "faces.csv"));
        Assert.Equal("path,source,identity,split,view,yaw,pitch,roll,sellion_x,sellion_y,mouth_x,mouth_y,valid_left,valid_top,valid_right,valid_bottom,"
            + "source_side,descriptor_row,side", lines[0]);
        Assert.Equal(7, lines.Length);
        Assert.Equal(6, told);
        Assert.All(lines.Skip(1), line =>
        {
            var picture = File.ReadAllBytes(Path.Combine(_folder.Path, "set", line.Split(',')[0]));
            var info = PictureDecoder.ReadInfo(picture);
            Assert.Equal((PictureFormat.Jpeg, 64, 64), (info.Format, info.Width, info.Height));
        });
        Assert.Equal(3, lines.Skip(1).Select(l => l.Split(',')[2]).Distinct().Count());
    }

    [Fact]
    public void People_are_the_same_however_many_are_made()
    {
        Synthesis.Run(Options("three"), null, TestContext.Current.CancellationToken);
        Synthesis.Run(Options("one") with { People = 1 }, null, TestContext.Current.CancellationToken);
        var picture = Path.Combine("images", "mh-1-00000", "001.jpg");
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder.Path, "three", picture)), File.ReadAllBytes(Path.Combine(_folder.Path, "one", picture)));
    }

    [Fact]
    public void Poses_stay_in_their_range()
    {
        var range = new PoseRange { Yaw = 20, Pitch = 0, Roll = 5, YawDistribution = YawDistribution.Normal };
        var poses = Enumerable.Range(0, 500).Select(i => View.Draw(1, 0, i, range).Pose).ToList();
        Assert.All(poses, p => Assert.True(Math.Abs(p.Yaw) <= 20 && p.Pitch == 0 && Math.Abs(p.Roll) <= 5));
        Assert.True(poses.Count(p => Math.Abs(p.Yaw) < 8) > 300);
    }

    [Fact]
    public void Data_sets_are_never_mixed()
    {
        var options = Options("full");
        Directory.CreateDirectory(options.Output);
        File.WriteAllText(Path.Combine(options.Output, "note.txt"), "");
        var e = Assert.Throws<ArgumentException>(() => Synthesis.Run(options, null, TestContext.Current.CancellationToken));
        Assert.Contains("is not empty", e.Message);
    }

    [Fact]
    public void A_cancelled_data_set_has_no_table()
    {
        using var cancel = new CancellationTokenSource();
        var options = Options("cut") with { People = 50 };
        Assert.ThrowsAny<OperationCanceledException>(() => Synthesis.Run(options, _ => cancel.Cancel(), cancel.Token));
        Assert.False(File.Exists(Path.Combine(options.Output, "faces.csv")));
    }

    [Theory]
    [InlineData(0, 1, 64, 95)]
    [InlineData(1, 0, 64, 95)]
    [InlineData(1, 1, 16, 95)]
    [InlineData(1, 1, 64, 96)]
    public void Numbers_out_of_range_are_refused_before_anything_is_read(int people, int views, int size, float yaw)
    {
        var options = new SynthesisOptions { Assets = "nowhere", Output = Path.Combine(_folder.Path, "none"), People = people, Views = views, Size = size, Poses = new PoseRange { Yaw = yaw } };
        Assert.Throws<ArgumentException>(() => Synthesis.Run(options, null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Missing_assets_are_an_asset_error()
    {
        var options = new SynthesisOptions { Assets = _folder.Path, Output = Path.Combine(_folder.Path, "none"), People = 1, Views = 1 };
        Assert.Throws<AssetException>(() => Synthesis.Run(options, null, TestContext.Current.CancellationToken));
    }
}
