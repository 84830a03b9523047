using System.Numerics;
using IpGan.Imaging;
using IpGan.Rendering.Assets;
using IpGan.Rendering.People;
using IpGan.Rendering.Views;

namespace IpGan.Rendering.Drawing;

/// <summary>A finished picture, cut by the crop rule.</summary>
/// <param name="Rgb">[size, size, 3].</param>
/// <param name="Sellion">Where the bridge of the nose is, in its pixels; also when it is turned away.</param>
/// <param name="Mouth">Where the lips meet.</param>
internal sealed record Portrait(byte[] Rgb, PicturePoint Sellion, PicturePoint Mouth);

/// <summary>Draws views of one person. Not for several threads at once.</summary>
internal sealed class Portraitist
{
    /// <summary>Samples a pixel along one side.</summary>
    private const int Supersampling = 2;

    // The crop rule counts in pixels; before the crop, the camera's plane has this many for a unit.
    private const float PhotoScale = 1000;

    private static readonly Texture Teeth = Plain(new Vector3(0.62f, 0.58f, 0.50f));
    private static readonly Texture Tongue = Plain(new Vector3(0.36f, 0.10f, 0.09f));

    private readonly Person _person;
    private readonly Rasteriser _rasteriser;
    private readonly int _size;
    private readonly Vector3[] _backdrop;
    private readonly DepthMap _shadows = new(128);
    private readonly Layer _skin;
    private readonly Layer _teeth;
    private readonly Layer _tongue;
    private readonly Layer _eyes;
    private readonly Layer _lashes;
    private readonly Layer _brows;
    private readonly Layer? _hair;
    private readonly Layer[] _layers;
    private readonly Vector3[] _shape;
    private Vector3 _sellion;
    private Vector3 _mouth;
    private readonly float[] _even;
    private readonly float[] _mouthOcclusion;

    /// <param name="person">Whom.</param>
    /// <param name="rasteriser">For pictures of this size; may be used by others in between.</param>
    /// <param name="size">Pixels a side.</param>
    public Portraitist(Person person, Rasteriser rasteriser, int size)
    {
        (_person, _rasteriser, _size) = (person, rasteriser, size);
        var (assets, traits) = (person.Assets, person.Traits);
        _shape = new Vector3[assets.BaseShape.Length];
        _backdrop = new Vector3[size * size];
        _skin = new Layer(assets.Skin, person.SkinTexture);
        _teeth = new Layer(assets.Teeth, Teeth);
        _tongue = new Layer(assets.Tongue, Tongue);
        _eyes = new Layer(assets.Eyes.Surface, traits.Eyes.Texture) { Covers = assets.Eyes.Covers, Glass = true };
        _lashes = new Layer(traits.Lashes.Surface, traits.Lashes.Texture) { Covers = traits.Lashes.Covers, TwoSided = true, Lift = 0.02f };
        _brows = new Layer(traits.Brows.Surface, person.BrowTexture) { Covers = traits.Brows.Covers, TwoSided = true, Lift = 0.04f };
        _hair = traits.Hair is null ? null : new Layer(traits.Hair.Surface, person.HairTexture!) { Covers = traits.Hair.Covers, TwoSided = true };
        _layers = [_skin, _teeth, _tongue, _eyes, _brows, _lashes, .. _hair is null ? Array.Empty<Layer>() : [_hair]];
        _even = Enumerable.Repeat(0.85f, _layers.Max(l => l.Positions.Length)).ToArray();
        _mouthOcclusion = Enumerable.Repeat(0.45f, _even.Length).ToArray();
    }

    /// <summary>A rasteriser for pictures of a size.</summary>
    public static Rasteriser RasteriserFor(int size) => new(size * Supersampling);

    /// <summary>Draws a view.</summary>
    public Portrait Draw(View view)
    {
        var (camera, square, sellion, mouth) = Arrange(view);
        Light(view, camera.Eye);
        foreach (var layer in _layers)
            layer.Project(camera);
        _rasteriser.Draw(_layers);
        Backdrop.Draw(view.Background, _size, _backdrop);
        return new Portrait(Develop(), InCrop(sellion, square), InCrop(mouth, square));
    }

    /// <summary>Brings head and camera into position.</summary>
    internal (Camera Camera, CropSquare Square, PicturePoint Sellion, PicturePoint Mouth) Arrange(View view)
    {
        Shape(view);
        Pose(view);
        return Aim(view);
    }

    /// <summary>Where the skin's vertices are, since <see cref="Arrange"/>.</summary>
    internal ReadOnlySpan<Vector3> Skin => _skin.Positions;

    private void Shape(View view)
    {
        _person.Shape.CopyTo(_shape, 0);
        foreach (var (unit, amount) in view.Expression)
        {
            var name = $"{_person.Traits.MainAncestry}/{unit}";
            (_person.Assets.Expressions.GetValueOrDefault(name) ?? throw new AssetException($"There is no targets/expression/units/{name}.target."))
                .AddTo(_shape, amount);
        }
        (_sellion, _mouth) = (_shape[Person.Sellion], Person.Mouth(_shape));
        foreach (var layer in (ReadOnlySpan<Layer>)[_skin, _teeth, _tongue])
            layer.Surface.Gather(_shape, layer.Positions);
        foreach (var (vertex, offset) in _person.Sunk)
            _skin.Positions[vertex] += offset;
        _person.Assets.Eyes.Fit(_shape, _eyes.Positions);
        _person.Traits.Lashes.Fit(_shape, _lashes.Positions);
        _person.Traits.Brows.Fit(_shape, _brows.Positions);
        if (_hair is not null)
            _person.Traits.Hair!.Fit(_person.Shape, _hair.Positions);
        Look(view.Gaze);
    }

    // Each eye turns about its own middle.
    private void Look(Vector2 gaze)
    {
        var positions = _eyes.Positions;
        var rotation = Quaternion.CreateFromYawPitchRoll(gaze.X, -gaze.Y, 0);
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            Vector3 least = new(float.MaxValue), most = new(float.MinValue);
            foreach (var p in positions)
            {
                if (p.X * side > 0)
                    (least, most) = (Vector3.Min(least, p), Vector3.Max(most, p));
            }
            // The cornea sticks out in front: the ball's middle is half its height behind its back.
            var middle = new Vector3((least.X + most.X) / 2, (least.Y + most.Y) / 2, least.Z + (most.Y - least.Y) / 2);
            for (var i = 0; i < positions.Length; i++)
            {
                if (positions[i].X * side > 0)
                    positions[i] = middle + Vector3.Transform(positions[i] - middle, rotation);
            }
        }
    }

    // The head turns as one; down the neck the turn fades to that of the shoulders.
    private void Pose(View view)
    {
        const float NeckTop = 6.05f, NeckBase = 5.2f;
        var shift = _person.Shape[Person.Sellion] - _person.Assets.BaseShape[Person.Sellion];
        var pivot = new Vector3(0, 6.4f, 0) + new Vector3(0, shift.Y, shift.Z);
        var head = Matrix4x4.CreateFromQuaternion(view.Pose.Rotation());
        (_sellion, _mouth) = (pivot + Vector3.Transform(_sellion - pivot, head), pivot + Vector3.Transform(_mouth - pivot, head));
        foreach (var layer in _layers)
        {
            var positions = layer.Positions;
            for (var i = 0; i < positions.Length; i++)
            {
                var p = positions[i];
                // The skull reaches lower at the back than the chin does in front, relative to a slanted neck.
                var along = Math.Clamp((p.Y - shift.Y + 0.25f * Math.Min(0, p.Z) - NeckBase) / (NeckTop - NeckBase), 0, 1);
                var from = p - pivot;
                positions[i] = pivot + (along >= 1
                    ? Vector3.Transform(from, head)
                    : Vector3.Transform(from, view.Pose.Rotation(float.Lerp(view.ShouldersFollow, 1, along * along * (3 - 2 * along)))));
            }
            layer.Surface.ComputeNormals(positions, layer.Normals);
        }
    }

    private (Camera Camera, CropSquare Square, PicturePoint Sellion, PicturePoint Mouth) Aim(View view)
    {
        // The camera's axis runs through the middle of the head, so that the angles are those that it sees.
        var middle = (_sellion + _mouth) * 0.5f + Vector3.Transform(new Vector3(0, 0, -Person.FaceToMiddle), view.Pose.Rotation());
        var eye = middle + new Vector3(0, 0, view.Distance);
        var photo = new Camera(eye, 0, 0, PhotoScale);
        var (s, m) = (photo.Project(_sellion), photo.Project(_mouth));
        var (sellionPoint, mouthPoint) = (new PicturePoint(s.X, s.Y), new PicturePoint(m.X, m.Y));
        var square = CropRule.Square(new FacePlace(sellionPoint, mouthPoint, view.Pose.Yaw));
        var camera = new Camera(eye, square.Left / PhotoScale, -square.Top / PhotoScale, _size * Supersampling * PhotoScale / square.Side);
        return (camera, square, sellionPoint, mouthPoint);
    }

    private PicturePoint InCrop(PicturePoint point, CropSquare square) =>
        new((point.X - square.Left) * _size / square.Side, (point.Y - square.Top) * _size / square.Side);

    private void Light(View view, Vector3 eye)
    {
        _shadows.Draw(view.Lamps.Key.Towards, eye - new Vector3(0, 0, view.Distance), 1.9f, _person.Occluders(_skin.Positions, _hair?.Positions));
        var occlusion = _person.AmbientOcclusion;
        Lighting.Light(_skin, Material.Skin, view, eye, _shadows, occlusion.Skin);
        Lighting.Light(_teeth, Material.Wet, view, eye, _shadows, _mouthOcclusion);
        Lighting.Light(_tongue, Material.Wet, view, eye, _shadows, _mouthOcclusion);
        Lighting.Light(_eyes, Material.Eye, view, eye, _shadows, occlusion.Eyes);
        Lighting.Light(_lashes, Material.Hair, view, eye, _shadows, _even);
        Lighting.Light(_brows, Material.Hair, view, eye, _shadows, _even);
        if (_hair is not null)
            Lighting.Light(_hair, Material.Hair, view, eye, _shadows, occlusion.Hair);
    }

    // Samples to pixels, in linear light, then to sRGB.
    private byte[] Develop()
    {
        var samples = _rasteriser.Samples;
        var rgb = new byte[3 * _size * _size];
        var width = _size * Supersampling;
        for (var y = 0; y < _size; y++)
        {
            for (var x = 0; x < _size; x++)
            {
                var sum = Vector4.Zero;
                for (var row = 0; row < Supersampling; row++)
                {
                    foreach (var sample in samples.Slice((y * Supersampling + row) * width + x * Supersampling, Supersampling))
                        sum += sample;
                }
                sum /= Supersampling * Supersampling;
                var i = y * _size + x;
                var colour = new Vector3(sum.X, sum.Y, sum.Z) + _backdrop[i] * (1 - sum.W);
                rgb[3 * i] = Srgb.ToByte(Shoulder(colour.X));
                rgb[3 * i + 1] = Srgb.ToByte(Shoulder(colour.Y));
                rgb[3 * i + 2] = Srgb.ToByte(Shoulder(colour.Z));
            }
        }
        return rgb;
    }

    // Highlights fade into white rather than being cut off.
    private static float Shoulder(float value) => value < 0.7f ? value : 0.7f + 0.3f * (1 - MathF.Exp(-(value - 0.7f) / 0.3f));

    private static Texture Plain(Vector3 colour)
    {
        var texels = new Vector4[16 * 16];
        Array.Fill(texels, new Vector4(colour, 1));
        return new Texture(16, 16, texels);
    }
}
