using System.Numerics;
using IpGan.Rendering.Assets;
using IpGan.Rendering.Drawing;

namespace IpGan.Rendering.Tests;

/// <summary>Squares of known colour and depth, drawn straight onto a picture of 16 samples a side.</summary>
public sealed class RasteriserTests
{
    private const int Size = 16;

    [Fact]
    public void A_square_covers_its_samples_and_no_others()
    {
        var samples = Draw(Square(4, 4, 12, 12, nearness: 1, Plain(0.5f, 1)));
        for (var y = 0; y < Size; y++)
        {
            for (var x = 0; x < Size; x++)
                Assert.Equal(x is >= 4 and < 12 && y is >= 4 and < 12 ? new Vector4(0.5f, 0.5f, 0.5f, 1) : Vector4.Zero, samples[y * Size + x]);
        }
    }

    [Fact]
    public void The_nearer_square_hides_the_other_whatever_the_order()
    {
        var (near, far) = (Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 2, Plain(0.25f, 1)), Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 1, Plain(0.75f, 1)));
        Assert.All(Draw(near, far), s => Assert.Equal(0.25f, s.X, 5));
        Assert.All(Draw(far, near), s => Assert.Equal(0.25f, s.X, 5));
    }

    [Fact]
    public void What_is_turned_away_is_seen_only_if_it_has_two_sides()
    {
        Assert.All(Draw(Square(12, 0, 4, 16, nearness: 1, Plain(1, 1))), s => Assert.Equal(Vector4.Zero, s));
        Assert.Contains(Draw(Square(12, 0, 4, 16, nearness: 1, Plain(1, 1), twoSided: true)), s => s.W == 1);
    }

    [Fact]
    public void A_veil_is_laid_over_what_is_behind_it_by_its_alpha()
    {
        var veil = Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 2, Plain(1, 0.25f), covers: Cover.Mixed);
        var wall = Square(-0.3f, -0.1f, 8, 16.9f, nearness: 1, Plain(0.5f, 1));
        var samples = Draw(veil, wall);
        Assert.Equal(0.25f + 0.5f * 0.75f, samples[0].X, 4);
        Assert.Equal(1, samples[0].W, 4);
        // Where there is nothing behind it, only its own share of the sample is covered.
        Assert.Equal(0.25f, samples[Size - 1].X, 4);
        Assert.Equal(0.25f, samples[Size - 1].W, 4);
    }

    [Fact]
    public void A_veil_behind_a_wall_is_not_seen()
    {
        var samples = Draw(Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 1, Plain(1, 0.25f), covers: Cover.Mixed), Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 2, Plain(0.5f, 1)));
        Assert.All(samples, s => Assert.Equal(0.5f, s.X, 4));
    }

    [Fact]
    public void Clear_glass_adds_its_reflection_and_hair_does_not()
    {
        var wall = Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 1, Plain(0.5f, 1));
        var glass = Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 2, Plain(0, 0), covers: Cover.Clear, glass: true);
        var hair = Square(-0.3f, -0.1f, 16.4f, 16.9f, nearness: 2, Plain(0, 0), covers: Cover.Clear);
        Array.Fill(glass.Specular, new Vector3(0.25f));
        Array.Fill(hair.Specular, new Vector3(0.25f));
        Assert.All(Draw(wall, glass), s => Assert.Equal(0.75f, s.X, 4));
        Assert.All(Draw(wall, hair), s => Assert.Equal(0.5f, s.X, 4));
    }

    [Fact]
    public void Textures_are_perspective_correct()
    {
        // Left edge at distance 1, right edge at distance 3: the middle of the picture is a quarter of the way along the square.
        var ramp = new Vector4[64 * 64];
        for (var i = 0; i < ramp.Length; i++)
            ramp[i] = new Vector4((i % 64 + 0.5f) / 64, 0, 0, 1);
        var square = Square(0, 0, 16, 16, nearness: 1, new Texture(64, 64, ramp));
        for (var v = 0; v < square.Screen.Length; v++)
            square.Screen[v].Z = square.Screen[v].X == 0 ? 1 : 1f / 3;
        var samples = Draw(square);
        var middle = (samples[8 * Size + 7].X + samples[8 * Size + 8].X) / 2;
        Assert.Equal(0.25f, middle, 0.01f);
    }

    [Fact]
    public void A_square_of_two_triangles_has_no_gap_along_its_diagonal()
    {
        var samples = Draw(Square(0.3f, 0.7f, 15.6f, 15.2f, nearness: 1, Plain(1, 1)));
        for (var y = 1; y < 15; y++)
        {
            for (var x = 0; x < 15; x++)
                Assert.Equal(1, samples[y * Size + x].W);
        }
    }

    private static Vector4[] Draw(params Layer[] layers)
    {
        var rasteriser = new Rasteriser(Size);
        rasteriser.Draw(layers);
        return rasteriser.Samples.ToArray();
    }

    private static Layer Square(float left, float top, float right, float bottom, float nearness, Texture texture, Cover? covers = null, bool twoSided = false,
        bool glass = false)
    {
        // Counter-clockwise as seen: lower left, lower right, upper right, upper left.
        var surface = Surface.Create([[new(0, 0), new(1, 1), new(2, 2), new(3, 3)]], [new(0, 0), new(1, 0), new(1, 1), new(0, 1)]);
        var layer = new Layer(surface, texture) { Covers = covers is { } c ? [c, c] : null, TwoSided = twoSided, Glass = glass };
        (layer.Screen[0], layer.Screen[1]) = (new(left, bottom, nearness), new(right, bottom, nearness));
        (layer.Screen[2], layer.Screen[3]) = (new(right, top, nearness), new(left, top, nearness));
        Array.Fill(layer.Diffuse, Vector3.One);
        return layer;
    }

    private static Texture Plain(float grey, float alpha)
    {
        var texels = new Vector4[16 * 16];
        Array.Fill(texels, new Vector4(grey * alpha, grey * alpha, grey * alpha, alpha));
        return new Texture(16, 16, texels);
    }
}
