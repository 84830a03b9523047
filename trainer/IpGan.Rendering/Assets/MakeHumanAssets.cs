using System.Numerics;
using System.Text.RegularExpressions;
using IpGan.Rendering.Drawing;

namespace IpGan.Rendering.Assets;

/// <summary>A skin's texture and whom MakeHuman painted it for.</summary>
internal sealed record Skin(string Name, string Age, bool Female, bool Dark, Texture Texture);

/// <summary>A texture by name.</summary>
internal sealed record NamedTexture(string Name, Texture Texture);

/// <summary>
/// All of MakeHuman that a head needs, read from its own files (mesh "hm08"). Lengths are decimetres: x to the person's left, y up, z to
/// where the face looks.
/// </summary>
internal sealed partial class MakeHumanAssets
{
    /// <summary>Vertices of the mesh hm08.</summary>
    private const int BaseVertices = 19158;

    // The mesh is a whole body; faces below the shoulders are never in the picture.
    private const float LowestPoint = 4.9f;

    private static readonly string[] FaceRooms = ["head", "forehead", "eyebrows", "eyes", "nose", "cheek", "mouth", "ears", "chin", "neck"];

    private static readonly string[] Eyeballs = ["helper-l-eye", "helper-r-eye"];

    private MakeHumanAssets(AssetFolder folder, string? faceKit)
    {
        var mesh = ObjMesh.Read(folder.BaseMesh);
        if (mesh.Vertices.Length != BaseVertices)
            throw new AssetException($"'{folder.BaseMesh}' has {mesh.Vertices.Length} vertices; MakeHuman's base mesh hm08 has {BaseVertices}.");
        BaseShape = mesh.Vertices;
        Skin = Cut(folder, mesh, "body");
        Teeth = Cut(folder, mesh, "helper-upper-teeth", "helper-lower-teeth");
        Tongue = Cut(folder, mesh, "helper-tongue");

        Sliders = [.. FaceRooms.SelectMany(room => Slider.Read(folder, room, BaseVertices))];
        Macros = folder.Files("targets/macrodetails", ".target").Where(f => MacroName().IsMatch(Path.GetFileName(f)))
            .ToDictionary(f => Path.GetFileNameWithoutExtension(f), f => MorphTarget.Read(f, BaseVertices));
        Expressions = folder.Files("targets/expression/units", ".target")
            .ToDictionary(f => $"{Path.GetFileName(Path.GetDirectoryName(f))}/{Path.GetFileNameWithoutExtension(f)}", f => MorphTarget.Read(f, BaseVertices));

        var eyeballs = Eyeballs.Select(g => Group(folder, mesh, g).SelectMany(f => f.Select(c => c.Vertex)).Distinct().ToArray()).ToList();
        Scans = faceKit is null ? [] : FaceKit.Read(faceKit, BaseShape, eyeballs);

        Skins = [.. folder.Files("skins", ".png").Select(f => (File: f, Match: SkinName().Match(Path.GetFileName(f)))).Where(s => s.Match.Success)
            .Select(s => new Skin(Path.GetFileNameWithoutExtension(s.File), s.Match.Groups["age"].Value, s.Match.Groups["sex"].Value == "female",
                s.Match.Groups["tone"].Value == "dark", TextureFile.Read(s.File)))];
        if (Skins.Count == 0)
            throw new AssetException("There is no skin such as skins/young_lightskinned_female_diffuse.png.");
        Hair = ReadGarments(folder, "hair");
        Brows = ReadGarments(folder, "eyebrows");
        Lashes = ReadGarments(folder, "eyelashes");
        EyeColours = [.. folder.Files("eyes/materials", "eye.png").Select(f => new NamedTexture(Path.GetFileNameWithoutExtension(f), TextureFile.Read(f)))];
        Eyes = new Garment("eyes", FittedMesh.Read(folder.Files("eyes", "high-poly.mhclo")[0], BaseVertices), EyeColours[0].Texture, Skin, BaseShape);
    }

    /// <summary>Positions of the base mesh.</summary>
    public Vector3[] BaseShape { get; }

    /// <summary>Head, neck and shoulders.</summary>
    public Surface Skin { get; }

    /// <summary>Both rows of teeth.</summary>
    public Surface Teeth { get; }

    /// <summary>The tongue.</summary>
    public Surface Tongue { get; }

    /// <summary>Ways in which faces differ.</summary>
    public IReadOnlyList<Slider> Sliders { get; }

    /// <summary>Modes of real heads, each with unit-normal weights; none without ICT-FaceKit.</summary>
    public IReadOnlyList<MorphTarget> Scans { get; }

    /// <summary>Targets by "ANCESTRY-SEX-AGE", such as "asian-female-old".</summary>
    public IReadOnlyDictionary<string, MorphTarget> Macros { get; }

    /// <summary>Targets by "ANCESTRY/UNIT", such as "african/mouth-open".</summary>
    public IReadOnlyDictionary<string, MorphTarget> Expressions { get; }

    /// <summary>Skins.</summary>
    public IReadOnlyList<Skin> Skins { get; }

    /// <summary>Hair styles.</summary>
    public IReadOnlyList<Garment> Hair { get; }

    /// <summary>Eyebrows.</summary>
    public IReadOnlyList<Garment> Brows { get; }

    /// <summary>Eyelashes.</summary>
    public IReadOnlyList<Garment> Lashes { get; }

    /// <summary>Both eyes; the texture is chosen from <see cref="EyeColours"/>.</summary>
    public Garment Eyes { get; }

    /// <summary>Textures of eyes.</summary>
    public IReadOnlyList<NamedTexture> EyeColours { get; }

    /// <summary>Reads everything.</summary>
    /// <param name="folder">MakeHuman's assets.</param>
    /// <param name="faceKit">The folder of ICT-FaceKit Light; null: without.</param>
    /// <exception cref="AssetException">An asset is missing or broken.</exception>
    public static MakeHumanAssets Read(string folder, string? faceKit = null) => new(new AssetFolder(folder), faceKit);

    private static Surface Cut(AssetFolder folder, ObjMesh mesh, params string[] groups)
    {
        var faces = groups.SelectMany(g => Group(folder, mesh, g));
        return Surface.Create(faces.Where(f => f.All(c => mesh.Vertices[c.Vertex].Y > LowestPoint && Math.Abs(mesh.Vertices[c.Vertex].X) < 2.2f)), mesh.TexturePoints);
    }

    private static List<ObjCorner[]> Group(AssetFolder folder, ObjMesh mesh, string group) => mesh.Groups.TryGetValue(group, out var faces)
        ? faces
        : throw new AssetException($"'{folder.BaseMesh}' has no group '{group}'; it should be MakeHuman's base mesh hm08.");

    private List<Garment> ReadGarments(AssetFolder folder, string room) => [.. folder.Files(room, ".mhclo").Select(f =>
        new Garment(Path.GetFileNameWithoutExtension(f), FittedMesh.Read(f, BaseVertices), TextureFile.Read(AssetFolder.TextureOf(f)), Skin, BaseShape))];

    [GeneratedRegex("^(african|asian|caucasian)-(female|male)-(young|old)\\.target$")]
    private static partial Regex MacroName();

    [GeneratedRegex("^(?<age>young|middleage|old)_(?<tone>light|dark)skinned_(?<sex>female|male)_diffuse\\d*\\.png$", RegexOptions.IgnoreCase)]
    private static partial Regex SkinName();
}
