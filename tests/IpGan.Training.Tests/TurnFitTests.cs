using IpGan.Tests;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class TurnFitTests : IDisposable
{
    private readonly TinyDataSet _data = new(people: 12, pictures: 6);
    private readonly NetworkSet _networks = new(TinyPreset.Value.Sizes, 4, CPU);

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    [Theory]
    [InlineData(0.9, 0)]
    [InlineData(0.85, 2)]
    [InlineData(1.1, -3)]
    public void What_is_drawn_too_little_or_too_far_is_asked_for_until_it_is_seen(double slope, double offset)
    {
        double[] asked = [-80, -50, -20, -5, 0, 10, 30, 60, 80];
        double[] seen = [];
        // Slower at the sides, as a generator is that has seen few profiles.
        double See(double told) => offset + slope * told - 1e-6 * Math.Pow(told, 3);
        TurnFit.Set(asked, (scale, shift) => seen = [.. asked.Select(a => See(scale * a + shift))]);
        var before = asked.Average(a => Math.Abs(See(a) - a));
        Assert.InRange(asked.Zip(seen, (a, s) => Math.Abs(s - a)).Average(), 0, Math.Min(1, before / 3));
        Assert.Equal(asked.Average(), seen.Average(), 0.2);
    }

    [Fact]
    public void A_generator_that_does_not_turn_heads_is_left_alone()
    {
        double[] asked = [-80, 0, 80];
        Assert.Equal((1, 0), TurnFit.Set(asked, (_, _) => [-10, 0, 10]));
        Assert.Equal((1, 0), TurnFit.Set(asked, (_, _) => [double.NaN, 0, 0]));
    }

    [Fact]
    public void Nothing_is_stretched_or_shifted_beyond_bounds()
    {
        double[] asked = [-80, 0, 80];
        Assert.Equal((1.3, -6), TurnFit.Set(asked, (_, _) => [-30, 20, 70]));
    }

    [Fact]
    public void The_first_layer_then_sees_more_yaw_and_the_same_pitch_and_roll()
    {
        using var _ = no_grad();
        var (pose, encoder, first) = (randn(5, TinyPreset.Value.Sizes.PoseDimension), _networks.AveragePose, _networks.AverageGenerator.PoseMap);
        // One that reads the three angles from different numbers.
        encoder.AngleHead.weight.copy_(eye(3, pose.shape[1]) * 0.5 + randn(3, pose.shape[1]) * 0.1);
        var untouched = first.forward(pose);
        TurnFit.Turn(_networks, 1, 0);
        Assert.True(first.forward(pose).allclose(untouched, atol: 1e-6));

        // A pose that the head reads so; what the layer said of it before is what it now says of the pose itself.
        var units = encoder.Angles(pose);
        var head = encoder.AngleHead.weight;
        var wanted = units.clone();
        wanted[TensorIndex.Colon, 0] = units[TensorIndex.Colon, 0] * 1.2 + 4.5 / 45;
        var turned = pose + (wanted - units).matmul(linalg.inv(head.matmul(head.t()))).matmul(head);
        Assert.True(encoder.Angles(turned).allclose(wanted, atol: 1e-4));
        var expected = first.forward(turned);
        TurnFit.Turn(_networks, 1.2, 4.5);
        Assert.True(first.forward(pose).allclose(expected, atol: 1e-4));
        Assert.False(expected.allclose(untouched, atol: 1e-2));
    }

    [Theory]
    [InlineData(true, 1000, false)]
    [InlineData(true, -1000, true)]
    [InlineData(false, -1000, false)]
    public void The_first_layer_alone_is_changed_where_photos_have_angles_and_heads_are_turned(bool angles, double least, bool changed)
    {
        if (!angles)
        {
            File.WriteAllLines(_data.Csv, File.ReadAllLines(_data.Csv).Select(l => string.Join(',', l.Split(',').Take(4))));
        }
        Dictionary<string, float[]> Weights() => _networks.AverageGenerator.named_parameters().ToDictionary(p => p.name, p => p.parameter.data<float>().ToArray());
        var before = Weights();
        TurnFit.Fit(_networks, _data.Load(), least);
        var after = Weights();
        var others = before.Keys.Where(k => !before[k].SequenceEqual(after[k])).ToList();
        Assert.Equal(changed ? 2 : 0, others.Count);
        Assert.All(others, name => Assert.Contains("poseMap", name, StringComparison.OrdinalIgnoreCase));
    }
}
