using System.Numerics;
using IpGan.Rendering.Drawing;

namespace IpGan.Rendering.Tests;

public sealed class DepthMapTests
{
    // A square roof of side 1 at height 1, seen from above.
    private static readonly Surface Roof = Surface.Create([[new(0, -1), new(1, -1), new(2, -1), new(3, -1)]], []);
    private static readonly Vector3[] Corners = [new(-0.5f, 1, 0.5f), new(0.5f, 1, 0.5f), new(0.5f, 1, -0.5f), new(-0.5f, 1, -0.5f)];

    [Fact]
    public void Light_from_above_does_not_reach_what_is_under_a_roof()
    {
        var map = new DepthMap(64);
        map.Draw(Vector3.UnitY, Vector3.Zero, 2, [new Occluder(Roof, Corners)]);
        Assert.False(map.Reaches(Vector3.Zero, 0.05f));
        Assert.True(map.Reaches(new Vector3(0, 1.1f, 0), 0.05f));
        Assert.True(map.Reaches(new Vector3(0.8f, 0, 0), 0.05f));
        Assert.True(map.Reaches(new Vector3(50, 0, 0), 0.05f));
    }

    [Fact]
    public void The_edge_of_a_shadow_is_soft()
    {
        var map = new DepthMap(64);
        map.Draw(Vector3.UnitY, Vector3.Zero, 2, [new Occluder(Roof, Corners)]);
        Assert.Equal(0, map.Visibility(Vector3.Zero, 0.05f), 0.001f);
        Assert.InRange(map.Visibility(new Vector3(0.5f, 0, 0), 0.05f), 0.3f, 0.7f);
        Assert.Equal(1, map.Visibility(new Vector3(0.8f, 0, 0), 0.05f), 0.001f);
    }

    [Fact]
    public void The_side_of_a_closed_body_that_is_turned_away_throws_no_shadow()
    {
        var map = new DepthMap(64);
        map.Draw(-Vector3.UnitY, Vector3.Zero, 2, [new Occluder(Roof, Corners)]);
        Assert.True(map.Reaches(new Vector3(0, 2, 0), 0.05f));
        map.Draw(-Vector3.UnitY, Vector3.Zero, 2, [new Occluder(Roof, Corners, [true, true])]);
        Assert.False(map.Reaches(new Vector3(0, 2, 0), 0.05f));
        map.Draw(-Vector3.UnitY, Vector3.Zero, 2, [new Occluder(Roof, Corners, [false, false])]);
        Assert.True(map.Reaches(new Vector3(0, 2, 0), 0.05f));
    }
}
