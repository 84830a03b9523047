using System.Numerics;
using IpGan.Rendering.Assets;
using IpGan.Rendering.Drawing;
using IpGan.Rendering.People;
using IpGan.Rendering.Views;

namespace IpGan.Rendering.Tests;

/// <summary>MakeHuman's assets, read once.</summary>
public sealed class Assets
{
    private readonly Lazy<MakeHumanAssets> _assets = new(() => MakeHumanAssets.Read(SharedData.Folder("makehuman")));

    internal MakeHumanAssets Value => _assets.Value;
}

/// <summary>Heads from the real assets.</summary>
public sealed class HeadsTests(Assets assets) : IClassFixture<Assets>
{
    private const int Size = 96;

    [Fact]
    public void A_pose_fitted_to_the_projected_landmarks_is_the_label()
    {
        var portraitist = new Portraitist(Person.Create(assets.Value, 3, 4), Portraitist.RasteriserFor(Size), Size);
        // Vertices of the skull and the face that no expression moves and no neck bends.
        var skull = Enumerable.Range(0, assets.Value.Skin.Vertices).Where(v => assets.Value.BaseShape[assets.Value.Skin.Sources[v]].Y > 7.2f).Where((_, i) => i % 10 == 0).ToArray();
        var draws = Draws.For(1, "test", 0);
        var neutral = View.Draw(draws, default) with { Expression = [], Distance = 9 };
        portraitist.Arrange(neutral);
        var rest = skull.Select(v => portraitist.Skin[v]).ToArray();
        foreach (var pose in (ReadOnlySpan<HeadPose>)[new(0, 0, 0), new(40, 0, 0), new(-75, 10, 0), new(20, -30, 15), new(90, 5, -20), new(-95, 35, 25), new(5, 0, -25)])
        {
            var (camera, _, _, _) = portraitist.Arrange(neutral with { Pose = pose });
            var seen = skull.Select(v => camera.Project(portraitist.Skin[v])).Select(p => new Vector2(p.X / camera.Scale + camera.Left, camera.Top - p.Y / camera.Scale)).ToArray();
            Assert.InRange(PoseFit.Between(pose, PoseFit.Fit(rest, seen, neutral.Distance)), 0, 0.1);
        }
    }

    [Fact]
    public void The_square_is_that_of_the_crop_rule()
    {
        var portraitist = new Portraitist(Person.Create(assets.Value, 1, 0), Portraitist.RasteriserFor(Size), Size);
        for (var i = 0; i < 20; i++)
        {
            var view = View.Draw(1, 0, i, new PoseRange());
            var portrait = portraitist.Draw(view);
            var s = MathF.Sqrt(MathF.Pow(portrait.Sellion.X - portrait.Mouth.X, 2) + MathF.Pow(portrait.Sellion.Y - portrait.Mouth.Y, 2));
            Assert.Equal(Size / 2.6f, s, 0.01f);
            Assert.Equal(Size / 2f + 0.6f * s * MathF.Sin(view.Pose.Yaw * MathF.PI / 180), (portrait.Sellion.X + portrait.Mouth.X) / 2, 0.01f);
            Assert.Equal(Size / 2f - 0.12f * s, (portrait.Sellion.Y + portrait.Mouth.Y) / 2, 0.01f);
        }
    }

    [Fact]
    public void The_face_looks_where_the_label_says()
    {
        var portraitist = new Portraitist(Person.Create(assets.Value, 1, 0), Portraitist.RasteriserFor(Size), Size);
        var nose = Array.IndexOf(assets.Value.Skin.Sources, NoseTip);
        Assert.True(nose >= 0);
        Vector3 Nose(HeadPose pose)
        {
            var (camera, _, _, _) = portraitist.Arrange(View.Draw(Draws.For(1, "test", 1), pose) with { Expression = [] });
            return camera.Project(portraitist.Skin[nose]) - camera.Project(camera.Eye - new Vector3(0, 0, 10));
        }
        var (front, right, up, roll) = (Nose(default), Nose(new(30, 0, 0)), Nose(new(0, 20, 0)), Nose(new(0, 0, 20)));
        Assert.True(right.X > front.X + 20, "positive yaw: towards the right edge");
        Assert.True(up.Y < front.Y - 10, "positive pitch: upwards");
        Assert.True(roll.X > front.X + 3, "positive roll, counter-clockwise: the nose, below the middle, moves to the right");
    }

    [Fact]
    public void The_same_seed_gives_the_same_picture_and_another_person_another()
    {
        byte[] Draw(int seed, int number) => new Portraitist(Person.Create(assets.Value, seed, number), Portraitist.RasteriserFor(Size), Size)
            .Draw(View.Draw(Draws.For(9, "test", 0), new HeadPose(20, 5, 0))).Rgb;
        var first = Draw(1, 7);
        Assert.Equal(first, Draw(1, 7));
        Assert.True(Difference(first, Draw(1, 8)) > 4);
        Assert.True(Difference(first, Draw(2, 7)) > 4);
    }

    [Fact]
    public void A_rasteriser_that_drew_somebody_else_before_draws_the_same()
    {
        var rasteriser = Portraitist.RasteriserFor(Size);
        var (one, other) = (new Portraitist(Person.Create(assets.Value, 1, 1), rasteriser, Size), new Portraitist(Person.Create(assets.Value, 1, 2), rasteriser, Size));
        var first = one.Draw(View.Draw(1, 1, 0, new PoseRange())).Rgb;
        other.Draw(View.Draw(1, 2, 0, new PoseRange()));
        Assert.Equal(first, one.Draw(View.Draw(1, 1, 0, new PoseRange())).Rgb);
    }

    [Fact]
    public void Faces_have_no_holes()
    {
        var rasteriser = Portraitist.RasteriserFor(Size);
        for (var number = 0; number < 8; number++)
        {
            var portraitist = new Portraitist(Person.Create(assets.Value, 5, number), rasteriser, Size);
            foreach (var yaw in (ReadOnlySpan<float>)[-90, -45, 0, 45, 90])
            {
                var portrait = portraitist.Draw(View.Draw(Draws.For(5, "test", number), new HeadPose(yaw, 0, 0)));
                // From the bridge of the nose to the lips and a little towards the ear all samples see the head, and none the background.
                var inwards = -Math.Sign(yaw) * Size * 0.12f;
                for (var t = 0f; t <= 1; t += 0.02f)
                {
                    var x = float.Lerp(portrait.Sellion.X, portrait.Mouth.X, t) + inwards;
                    var y = float.Lerp(portrait.Sellion.Y, portrait.Mouth.Y, t);
                    Assert.Equal(1, rasteriser.Samples[(int)(2 * y) * 2 * Size + (int)(2 * x)].W, 0.001f);
                }
            }
        }
    }

    [Fact]
    public void People_are_drawn_by_the_stated_distribution()
    {
        var people = Enumerable.Range(0, 600).Select(n => Traits.Draw(assets.Value, 1, n)).ToList();
        Assert.All(people, p => Assert.Equal(1, p.Ancestry.Sum(), 0.001f));
        Assert.All(people, p => Assert.Equal(1, p.Macros.Sum(m => m.Share), 0.001f));
        Assert.All(people, p => Assert.Equal(1, p.Skins.Sum(s => s.Share), 0.001f));
        Assert.All(people, p => Assert.All(p.Sliders, s => Assert.InRange(s.Amount, s.Slider.TwoWays ? -0.65f : 0, 0.65f)));
        Assert.InRange(people.Count(p => p.Female > 0.5) / 600.0, 0.43, 0.57);
        foreach (var ancestry in (ReadOnlySpan<string>)["african", "asian", "caucasian"])
        {
            var name = ancestry;
            Assert.InRange(people.Count(p => p.MainAncestry == name) / 600.0, 0.25, 0.42);
        }
        Assert.All(assets.Value.Hair, h => Assert.Contains(people, p => p.Hair == h));
        Assert.Contains(people, p => p.Hair is null);
    }

    // The foremost vertex of the mesh hm08.
    private const int NoseTip = 297;

    private static double Difference(byte[] a, byte[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Average();
}
