using System.Text.Json;
using CsCheck;

namespace IpGan.Models.Tests;

public sealed class PoseAnchorsTests
{
    private static readonly Gen<float[]> GenAxis = Gen.Int[-90, 90].Array[1, 5].Select(a => a.Distinct().Order().Select(v => (float)v).ToArray());

    private static readonly Gen<(float[] Yaw, float[] Pitch, float[] Roll, float[][] Vectors)> GenTable =
        from yaw in GenAxis
        from pitch in GenAxis
        from roll in GenAxis
        from vectors in Gen.Float[-3, 3].Array[3].Array[yaw.Length * pitch.Length * roll.Length]
        select (yaw, pitch, roll, vectors);

    [Fact]
    public void At_an_anchor_its_vector_comes_back_exactly() =>
        GenTable.Sample(table =>
        {
            var anchors = new PoseAnchors(table.Yaw, table.Pitch, table.Roll, table.Vectors);
            var i = 0;
            foreach (var yaw in table.Yaw)
                foreach (var pitch in table.Pitch)
                    foreach (var roll in table.Roll)
                    {
                        Assert.Equal(table.Vectors[i++], anchors.Interpolate(yaw, pitch, roll));
                    }
        }, iter: 300);

    [Fact]
    public void Between_anchors_a_trilinear_table_is_reproduced() =>
        Gen.Select(GenAxis, GenAxis, GenAxis, Gen.Float[0, 1].Array[3], Gen.Double[-1, 1].Array[8]).Sample((yaw, pitch, roll, where, c) =>
        {
            // Linear in each axis while the others stand still: what trilinear interpolation must give back, in every cell.
            double F(double y, double p, double r) =>
                c[0] + c[1] * y / 90 + c[2] * p / 90 + c[3] * r / 90 + c[4] * y * p / 8100 + c[5] * y * r / 8100 + c[6] * p * r / 8100 + c[7] * y * p * r / 729000;
            var vectors = from y in yaw from p in pitch from r in roll select new[] { (float)F(y, p, r) };
            var anchors = new PoseAnchors(yaw, pitch, roll, [.. vectors]);
            float At(float[] axis, float share) => Math.Clamp(axis[0] + share * (axis[^1] - axis[0]), axis[0], axis[^1]);
            var (a, b, g) = (At(yaw, where[0]), At(pitch, where[1]), At(roll, where[2]));
            Assert.Equal(F(a, b, g), anchors.Interpolate(a, b, g)[0], 1e-4);
        });

    [Fact]
    public void Halfway_is_the_mean_of_the_neighbours()
    {
        var anchors = new PoseAnchors([-30, 0, 40], [0], [0], [[1, 0], [3, 10], [7, -10]]);

        Assert.Equal([2, 5], anchors.Interpolate(-15, 0, 0));
        Assert.Equal([5, 0], anchors.Interpolate(20, 0, 0));
    }

    [Fact]
    public void Roll_runs_fastest_then_pitch_then_yaw()
    {
        var anchors = new PoseAnchors([0, 1], [0, 1], [0, 1], [.. Enumerable.Range(0, 8).Select(i => new float[] { i })]);

        Assert.Equal([1], anchors.Interpolate(0, 0, 1));
        Assert.Equal([2], anchors.Interpolate(0, 1, 0));
        Assert.Equal([4], anchors.Interpolate(1, 0, 0));
        Assert.Equal([3.5f], anchors.Interpolate(0.5f, 0.5f, 0.5f));
    }

    [Theory]
    [InlineData(-30.01f, 0, 0, "yaw", "-30° to 45°")]
    [InlineData(45.01f, 0, 0, "yaw", "-30° to 45°")]
    [InlineData(0, 10.5f, 0, "pitch", "-10° to 10°")]
    [InlineData(0, 0, 0.1f, "roll", "0° to 0°")]
    public void Beyond_the_reach_the_message_names_axis_and_reach(float yaw, float pitch, float roll, string axis, string reach)
    {
        var error = Assert.Throws<AnglesOutOfReachException>(() => Drafts.Anchors().Interpolate(yaw, pitch, roll));
        Assert.StartsWith(axis, error.Message, StringComparison.Ordinal);
        Assert.Contains(reach, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Angle_that_is_not_finite_is_refused(float value)
    {
        Assert.Throws<ArgumentException>(() => Drafts.Anchors().Interpolate(value, 0, 0));
        Assert.Throws<ArgumentException>(() => Drafts.Anchors().Interpolate(0, value, 0));
        Assert.Throws<ArgumentException>(() => Drafts.Anchors().Interpolate(0, 0, value));
    }

    [Fact]
    public void Reach_is_the_ends_of_the_axes()
    {
        Assert.Equal(new AnchorReach(-30, 45, -10, 10, 0, 0), Drafts.Anchors().Reach);
        Assert.Equal(2, Drafts.Anchors().Dimension);
    }

    [Fact]
    public void Json_keeps_every_number() =>
        GenTable.Sample(table =>
        {
            var anchors = new PoseAnchors(table.Yaw, table.Pitch, table.Roll, table.Vectors);
            var back = PoseAnchors.Parse(anchors.ToJson());
            Assert.Equal(anchors.Reach, back.Reach);
            Assert.Equal(anchors.ToJson(), back.ToJson());
            Assert.Equal(table.Vectors[^1], back.Interpolate(table.Yaw[^1], table.Pitch[^1], table.Roll[^1]));
        }, iter: 100);

    [Theory]
    [InlineData("""{"yaw":[],"pitch":[0],"roll":[0],"vectors":[]}""", "yaw")]
    [InlineData("""{"yaw":[0],"pitch":[1,1],"roll":[0],"vectors":[[1],[1]]}""", "pitch")]
    [InlineData("""{"yaw":[0],"pitch":[0],"vectors":[[1]]}""", "roll")]
    [InlineData("""{"yaw":[0,1],"pitch":[0],"roll":[0],"vectors":[[1]]}""", "1 vectors")]
    [InlineData("""{"yaw":[0],"pitch":[0],"roll":[0]}""", "0 vectors")]
    [InlineData("""{"yaw":[0,1],"pitch":[0],"roll":[0],"vectors":[[1],[1,2]]}""", "same number")]
    [InlineData("""{"yaw":[0],"pitch":[0],"roll":[0],"vectors":[null]}""", "same number")]
    [InlineData("""{"yaw":[0],"pitch":[0],"roll":[0],"vectors":[[]]}""", "same number")]
    public void Broken_table_is_refused(string json, string named)
    {
        var error = Assert.Throws<ArgumentException>(() => PoseAnchors.Parse(json));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1, 2]")]
    [InlineData("""{"yaw":"wide"}""")]
    public void Text_that_is_no_table_is_refused(string json) => Assert.ThrowsAny<JsonException>(() => PoseAnchors.Parse(json));
}
