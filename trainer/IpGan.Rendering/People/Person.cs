using System.Numerics;
using IpGan.Rendering.Assets;
using IpGan.Rendering.Drawing;

namespace IpGan.Rendering.People;

/// <summary>The share of ambient light that arrives, by vertex: of the skin, of the eyes, of the hair.</summary>
internal sealed record Occlusion(float[] Skin, float[] Eyes, float[] Hair);

/// <summary>A made-up person: the shape without expression, the textures in their colours, and where ambient light does not reach.</summary>
internal sealed class Person
{
    // Vertices of the mesh hm08: the deepest point of the bridge of the nose between the eyes; where the lips meet, upper and lower.
    internal const int Sellion = 132;
    private const int UpperLip = 474;
    private const int LowerLip = 493;

    // Directions from which ambient light comes.
    private const int AmbientDirections = 20;
    private const float HeadRadius = 1.9f;

    /// <summary>From between sellion and mouth to the middle of the head, decimetres.</summary>
    internal const float FaceToMiddle = 0.9f;

    // How much deeper the skin under hair is drawn.
    private const float HairDepth = 0.09f;

    private Person(MakeHumanAssets assets, Traits traits)
    {
        (Assets, Traits) = (assets, traits);
        Shape = (Vector3[])assets.BaseShape.Clone();
        foreach (var (name, share) in traits.Macros)
        {
            if (share > 0)
                (assets.Macros.GetValueOrDefault(name) ?? throw new AssetException($"There is no targets/macrodetails/{name}.target.")).AddTo(Shape, share);
        }
        foreach (var (slider, side, amount) in traits.Sliders)
        {
            if (amount != 0 && slider.At(side, amount) is (MorphTarget target, var part))
                target.AddTo(Shape, part);
        }
        for (var i = 0; i < traits.Scans.Count; i++)
            assets.Scans[i].AddTo(Shape, traits.Scans[i]);
        SkinTexture = Mix(traits);
        HairTexture = traits.Hair is null ? null : Dye(traits.Hair.Texture, traits.HairColour);
        BrowTexture = Dye(traits.Brows.Texture, traits.HairColour * 0.6f);
        var skin = new Vector3[assets.Skin.Vertices];
        assets.Skin.Gather(Shape, skin);
        Sunk = traits.Hair is null ? [] : Sink(traits.Hair.Hidden, skin);
        AmbientOcclusion = ComputeAmbientOcclusion(skin);
    }

    /// <summary>The assets.</summary>
    public MakeHumanAssets Assets { get; }

    /// <summary>What was drawn.</summary>
    public Traits Traits { get; }

    /// <summary>Positions of the base mesh.</summary>
    public Vector3[] Shape { get; }

    /// <summary>The skin.</summary>
    public Texture SkinTexture { get; }

    /// <summary>The hair in its colour; null: no hair.</summary>
    public Texture? HairTexture { get; }

    /// <summary>The brows in their colour.</summary>
    public Texture BrowTexture { get; }

    /// <summary>Vertices of the skin that are drawn a little deeper, under the hair, and by how much.</summary>
    public IReadOnlyList<(int Vertex, Vector3 Offset)> Sunk { get; }

    /// <summary>The share of ambient light that arrives.</summary>
    public Occlusion AmbientOcclusion { get; }

    /// <summary>Makes the person with a number.</summary>
    public static Person Create(MakeHumanAssets assets, int seed, int number) => new(assets, Traits.Draw(assets, seed, number));

    /// <summary>The middle of the line between the lips.</summary>
    public static Vector3 Mouth(ReadOnlySpan<Vector3> shape) => (shape[UpperLip] + shape[LowerLip]) * 0.5f;

    private List<(int, Vector3)> Sink(int[] hidden, Vector3[] skin)
    {
        var normals = new Vector3[skin.Length];
        Assets.Skin.ComputeNormals(skin, normals);
        return [.. hidden.Select(v => (v, normals[v] * -HairDepth))];
    }

    private static Texture Mix(Traits traits)
    {
        var first = traits.Skins[0].Skin;
        var (width, height) = (first.Texture.Width, first.Texture.Height);
        foreach (var (skin, _) in traits.Skins)
        {
            if (skin.Texture.Width != width || skin.Texture.Height != height)
                throw new AssetException($"The skins '{skin.Name}' and '{first.Name}' differ in size, and so cannot be mixed.");
        }
        var texels = GC.AllocateUninitializedArray<Vector4>(width * height);
        // Row by row, so that a row stays in the processor's cache while skin after skin is added.
        for (var y = 0; y < height; y++)
        {
            var row = texels.AsSpan(y * width, width);
            row.Clear();
            foreach (var (skin, share) in traits.Skins)
            {
                if (share <= 0)
                    continue;
                var factor = new Vector4(traits.SkinTint, 1) * share;
                var from = skin.Texture.Texels.Slice(y * width, width);
                for (var x = 0; x < row.Length; x++)
                    row[x] += from[x] * factor;
            }
        }
        return new Texture(width, height, texels);
    }

    // Strands keep their light and dark; the colour is the person's.
    private static Texture Dye(Texture texture, Vector3 colour)
    {
        var texels = texture.Texels.ToArray();
        float sum = 0, alpha = 0;
        foreach (var texel in texels)
            (sum, alpha) = (sum + Lightness(texel), alpha + texel.W);
        var mean = Math.Max(sum / Math.Max(alpha, 1e-3f), 1e-4f);
        for (var i = 0; i < texels.Length; i++)
        {
            var opacity = texels[i].W;
            if (opacity <= 0)
                continue;
            var relative = MathF.Sqrt(Lightness(texels[i]) / (opacity * mean));
            texels[i] = new Vector4(colour * Math.Clamp(relative, 0.35f, 2) * opacity, opacity);
        }
        return new Texture(texture.Width, texture.Height, texels);
    }

    private static float Lightness(Vector4 texel) => 0.2126f * texel.X + 0.7152f * texel.Y + 0.0722f * texel.Z;

    private Occlusion ComputeAmbientOcclusion(Vector3[] skinPositions)
    {
        var skin = new Lit(skinPositions, Assets.Skin);
        var eyes = Fit(Assets.Eyes);
        var hair = Traits.Hair is null ? null : Fit(Traits.Hair);
        var map = new DepthMap(64);
        var occluders = Occluders(skinPositions, hair?.Positions);
        for (var i = 0; i < AmbientDirections; i++)
        {
            // Evenly over the sphere (Fibonacci lattice).
            var y = 1 - (2 * i + 1f) / AmbientDirections;
            var (sin, cos) = MathF.SinCos(i * 2.3999632f);
            var radius = MathF.Sqrt(1 - y * y);
            var towards = new Vector3(radius * cos, y, radius * sin);
            map.Draw(towards, (Shape[Sellion] + Mouth(Shape)) * 0.5f - new Vector3(0, 0, FaceToMiddle), HeadRadius, occluders);
            skin.Gather(map, towards, bias: 0.07f, twoSided: false);
            eyes.Gather(map, towards, bias: 0.05f, twoSided: false);
            hair?.Gather(map, towards, bias: 0.10f, twoSided: true);
        }
        return new Occlusion(skin.Share(), eyes.Share(), hair?.Share() ?? []);
    }

    private Lit Fit(Garment garment)
    {
        var positions = new Vector3[garment.Surface.Vertices];
        garment.Fit(Shape, positions);
        return new Lit(positions, garment.Surface);
    }

    /// <summary>Skin and hair as they stand in the light.</summary>
    public Occluder[] Occluders(Vector3[] skin, Vector3[]? hair) => Traits.Hair is { } style && hair is not null
        ? [new(Assets.Skin, skin), new(style.Surface, hair, style.Solid)]
        : [new(Assets.Skin, skin)];

    // Vertices that ambient light is gathered for.
    private sealed class Lit(Vector3[] positions, Surface surface)
    {
        private readonly Vector3[] _normals = Normals(positions, surface);
        private readonly float[] _light = new float[positions.Length];
        private readonly float[] _weight = new float[positions.Length];

        public Vector3[] Positions => positions;

        public void Gather(DepthMap map, Vector3 towards, float bias, bool twoSided)
        {
            for (var v = 0; v < _light.Length; v++)
            {
                var cosine = Vector3.Dot(_normals[v], towards);
                // Strands are lit from all around.
                cosine = twoSided ? Math.Abs(cosine) * 0.5f + 0.25f : cosine;
                if (cosine <= 0)
                    continue;
                _light[v] += map.Reaches(positions[v], bias) ? cosine : 0;
                _weight[v] += cosine;
            }
        }

        public float[] Share()
        {
            for (var v = 0; v < _light.Length; v++)
                _light[v] /= Math.Max(_weight[v], 1e-6f);
            return _light;
        }

        private static Vector3[] Normals(Vector3[] positions, Surface surface)
        {
            var normals = new Vector3[positions.Length];
            surface.ComputeNormals(positions, normals);
            return normals;
        }
    }
}
