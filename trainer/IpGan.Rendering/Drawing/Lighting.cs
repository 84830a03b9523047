using System.Numerics;
using IpGan.Rendering.Views;

namespace IpGan.Rendering.Drawing;

/// <summary>What a surface does with light.</summary>
/// <param name="Wrap">How far round the terminator light reaches, for red, green and blue: light that wanders through skin comes out red.</param>
/// <param name="Gloss">Strength of reflections.</param>
/// <param name="Sharpness">Their exponent (Blinn and Phong), as a power of two.</param>
/// <param name="TwoSided">True if both sides are lit.</param>
internal sealed record Material(Vector3 Wrap, float Gloss, int Sharpness, bool TwoSided = false)
{
    /// <summary>Skin.</summary>
    public static Material Skin { get; } = new(new Vector3(0.35f, 0.18f, 0.12f), 0.16f, 4);

    /// <summary>Hair, brows and lashes.</summary>
    public static Material Hair { get; } = new(new Vector3(0.4f), 0.10f, 4, TwoSided: true);

    /// <summary>The eye.</summary>
    public static Material Eye { get; } = new(new Vector3(0.3f, 0.2f, 0.2f), 1.6f, 7);

    /// <summary>Teeth and tongue.</summary>
    public static Material Wet { get; } = new(new Vector3(0.3f, 0.2f, 0.2f), 0.2f, 5);
}

/// <summary>Light by vertex: a key lamp with shadows, a fill lamp, and ambient light from above and below.</summary>
internal static class Lighting
{
    // What the key lamp's shadow map may be off by, decimetres.
    private const float Bias = 0.05f;

    // Cosine from which on no triangle at a vertex can be seen.
    private const float TurnedAway = -0.6f;

    /// <summary>Lights the vertices of a layer.</summary>
    /// <param name="layer">Its positions and normals are read, its light is written.</param>
    /// <param name="material">What it is made of.</param>
    /// <param name="view">The lamps.</param>
    /// <param name="eye">Where the camera stands.</param>
    /// <param name="shadows">The key lamp's.</param>
    /// <param name="occlusion">The share of ambient light by vertex.</param>
    public static void Light(Layer layer, Material material, View view, Vector3 eye, DepthMap shadows, ReadOnlySpan<float> occlusion)
    {
        var (key, fill) = view.Lamps;
        for (var v = 0; v < layer.Positions.Length; v++)
        {
            var (position, normal) = (layer.Positions[v], layer.Normals[v]);
            var towardsEye = Vector3.Normalize(eye - position);
            var facing = Vector3.Dot(normal, towardsEye);
            if (material.TwoSided && facing < 0)
                normal = -normal;
            else if (facing < TurnedAway)
                continue;
            var open = occlusion[v];
            var cosine = Vector3.Dot(normal, key.Towards);
            var visible = shadows.Visibility(position + normal * 0.03f, Bias);
            // Beyond the terminator the map sees the head's own far side, which wrapped light does not mind.
            visible = cosine < 0.15f ? Math.Max(visible, Math.Clamp((0.15f - cosine) * 4, 0, 0.85f) * open) : visible;

            var diffuse = Wrapped(cosine, material.Wrap) * key.Colour * visible;
            diffuse += Wrapped(Vector3.Dot(normal, fill.Towards), material.Wrap) * fill.Colour * open;
            var ambient = Vector3.Lerp(view.Ambient.Below, view.Ambient.Above, normal.Y * 0.5f + 0.5f);
            // Light that bounces in hollows of skin has been red before.
            diffuse += ambient * new Vector3(open * (1.12f - 0.12f * open), open, open * (0.9f + 0.1f * open));
            layer.Diffuse[v] = diffuse * view.Exposure;

            var specular = Reflected(normal, key.Towards, towardsEye, material) * key.Colour * visible
                + Reflected(normal, fill.Towards, towardsEye, material) * fill.Colour * open;
            layer.Specular[v] = specular * view.Exposure;
        }
    }

    private static Vector3 Wrapped(float cosine, Vector3 wrap) => Vector3.Max(Vector3.Zero, (new Vector3(cosine) + wrap) / (Vector3.One + wrap));

    private static float Reflected(Vector3 normal, Vector3 towards, Vector3 eye, Material material)
    {
        var half = Vector3.Normalize(towards + eye);
        var cosine = Vector3.Dot(normal, half);
        if (cosine <= 0 || Vector3.Dot(normal, towards) <= 0)
            return 0;
        // Schlick's approximation: all surfaces shine at grazing angles.
        var away = 1 - Math.Max(0, Vector3.Dot(eye, half));
        var grazing = away * away * away * away * away;
        for (var i = 0; i < material.Sharpness; i++)
            cosine *= cosine;
        return material.Gloss * cosine * (0.35f + 0.65f * grazing);
    }
}
