using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using IpGan.Client;
using IpGan.V1;

namespace IpGan.CommandLine;

/// <summary>A pose, and what it is called in the names of files.</summary>
/// <param name="Name">Unique among those of a run.</param>
/// <param name="Pose">The pose.</param>
/// <param name="Sha256">Of the photo that shows it; null when none does.</param>
internal sealed record NamedPose(string Name, Pose Pose, string? Sha256 = null);

/// <summary>How heads shall be held, for verbs that draw.</summary>
/// <param name="defaultYaws">When nothing is said.</param>
internal sealed class PoseOptions(string defaultYaws)
{
    private static readonly Dictionary<string, PosePreset> Presets = Enum.GetValues<PosePreset>().Where(p => p != PosePreset.Unspecified)
        .ToDictionary(p => string.Concat(p.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}")));

    private readonly Option<string?> _yaw = new("--yaw")
    {
        Description = $"Degrees to the picture's right, with commas between them: --yaw=-60,0,60. Default, if there is no other pose: {defaultYaws}.",
        HelpName = "LIST",
    };
    private readonly Option<float> _pitch = new("--pitch") { Description = "Degrees upwards, for every --yaw.", HelpName = "DEGREES" };
    private readonly Option<float> _roll = new("--roll") { Description = "Degrees counter-clockwise, for every --yaw.", HelpName = "DEGREES" };
    private readonly Option<string[]> _preset = PresetOption();
    private readonly Option<string[]> _like = new("--like") { Description = "A photo of anybody: as the head is held there.", HelpName = "PHOTO" };

    public IEnumerable<Symbol> Symbols => [_yaw, _pitch, _roll, _preset, _like];

    /// <exception cref="ArgumentException">There are none, or one is wrong.</exception>
    public IReadOnlyList<NamedPose> Read(ParseResult parse)
    {
        var (pitch, roll) = (parse.GetValue(_pitch), parse.GetValue(_roll));
        var (presets, photos) = (parse.GetValue(_preset) ?? [], parse.GetValue(_like) ?? []);
        var yaws = parse.GetValue(_yaw) ?? (presets.Length + photos.Length == 0 ? defaultYaws : "");
        NamedPose[] poses =
        [
            .. yaws.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => float.TryParse(text, CultureInfo.InvariantCulture, out var yaw)
                ? new HeadAngles(yaw, pitch, roll)
                : throw new ArgumentException($"--yaw has '{text}'; it must be numbers with commas between them, such as --yaw=-60,0,60.")).Select(a => new NamedPose(Name(a), Pose.At(a))),
            .. presets.Select(p => new NamedPose(p, Pose.Named(Presets[p]))),
            .. photos.Select(p => (Path: p, Content: File.ReadAllBytes(p))).Select(p => new NamedPose(
                $"like-{Path.GetFileNameWithoutExtension(p.Path)}", Pose.Like(new Photo(p.Content)), Convert.ToHexStringLower(SHA256.HashData(p.Content)))),
        ];
        var twice = poses.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        return poses.Length == 0 ? throw new ArgumentException("There is no pose.")
            : twice is not null ? throw new ArgumentException($"The pose {twice} is there twice.")
            : poses;
    }

    /// <summary>Angles in a file's name: yaw+30, yaw-5_pitch+10.</summary>
    public static string Name(HeadAngles angles)
    {
        static string Part(string name, float value) => string.Create(CultureInfo.InvariantCulture, $"{name}{value:+0.##;-0.##;+0}");
        var name = Part("yaw", angles.Yaw);
        name += angles.Pitch == 0 ? "" : "_" + Part("pitch", angles.Pitch);
        return name + (angles.Roll == 0 ? "" : "_" + Part("roll", angles.Roll));
    }

    private static Option<string[]> PresetOption()
    {
        var option = new Option<string[]>("--preset") { Description = "A pose by name." };
        option.AcceptOnlyFromAmong([.. Presets.Keys]);
        return option;
    }
}
