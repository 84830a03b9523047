using System.Numerics;
using IpGan.Rendering.Assets;

namespace IpGan.Rendering.People;

/// <summary>
/// What makes a made-up person, drawn at random:
/// <list type="bullet">
/// <item>ancestry: half of the people are of one (African, Asian, Caucasian, equally often), half are a random mix;</item>
/// <item>sex: a slider, male or female equally often, up to a quarter of the way to the middle;</item>
/// <item>age: 25 to 85, younger more often;</item>
/// <item>every face slider of MakeHuman: normal with deviation 0.26 (head shape 0.2, neck 0.15), cut off at 0.65; sides differ by a deviation of 0.05; what moves
/// the whole head aside and pointed ears are left alone; of the outlines (oval, square, …) at most one, up to 0.6;</item>
/// <item>with ICT-FaceKit: also its modes of real heads, normal with deviation 0.85, the sliders then at 0.4 of their deviation;</item>
/// <item>skin: two of the skins for that sex and age mixed, for each of the two tones, the tones mixed by ancestry, and tinted;</item>
/// <item>hair: a style that people of that sex wear, or none; its colour by ancestry, greyer with age; brows alike, a shade darker;</item>
/// <item>eyes: brown mostly; other colours with Caucasian ancestry.</item>
/// </list>
/// The same seed and number give the same traits on every machine, however many people are made.
/// </summary>
internal sealed record Traits
{
    private static readonly string[] Ancestries = ["african", "asian", "caucasian"];
    private static readonly string[] LongHair = ["bob01", "bob02", "braid01", "long01", "ponytail01"];

    // Linear light.
    private static readonly Vector3[] HairColours =
    [
        new(0.010f, 0.008f, 0.007f), new(0.022f, 0.014f, 0.010f), new(0.060f, 0.034f, 0.020f), new(0.110f, 0.045f, 0.022f), new(0.190f, 0.120f, 0.062f),
        new(0.360f, 0.250f, 0.130f),
    ];

    // Beside the modes of real heads, sliders and modes both count a little less than alone.
    private const float ScanDeviation = 0.85f;
    private const float SlidersBesideScans = 0.4f;

    private static readonly Vector3 GreyHair = new(0.34f, 0.33f, 0.32f);

    /// <summary>Shares of African, Asian and Caucasian ancestry; they sum to 1.</summary>
    public required float[] Ancestry { get; init; }

    /// <summary>0 male, 1 female.</summary>
    public required float Female { get; init; }

    /// <summary>0 is 25 years, 1 is 90.</summary>
    public required float Age { get; init; }

    /// <summary>Amount of each slider and side.</summary>
    public required IReadOnlyList<(Slider Slider, int Side, float Amount)> Sliders { get; init; }

    /// <summary>Weight of each mode of real heads; empty without them.</summary>
    public required IReadOnlyList<float> Scans { get; init; }

    /// <summary>Skins and how much of each; the shares sum to 1.</summary>
    public required IReadOnlyList<(Skin Skin, float Share)> Skins { get; init; }

    /// <summary>Factor on the skin's colour.</summary>
    public required Vector3 SkinTint { get; init; }

    /// <summary>Null: none.</summary>
    public required Garment? Hair { get; init; }

    /// <summary>Colour of the hair, linear light.</summary>
    public required Vector3 HairColour { get; init; }

    /// <summary>The brows.</summary>
    public required Garment Brows { get; init; }

    /// <summary>The lashes.</summary>
    public required Garment Lashes { get; init; }

    /// <summary>The eyes' texture.</summary>
    public required NamedTexture Eyes { get; init; }

    /// <summary>The ancestry with the largest share.</summary>
    public string MainAncestry => Ancestries[Array.IndexOf(Ancestry, Ancestry.Max())];

    /// <summary>Macro targets and how much of each.</summary>
    public IEnumerable<(string Name, float Share)> Macros =>
        from ancestry in Enumerable.Range(0, 3)
        from sex in new[] { ("female", Female), ("male", 1 - Female) }
        from age in new[] { ("young", 1 - Age), ("old", Age) }
        select ($"{Ancestries[ancestry]}-{sex.Item1}-{age.Item1}", Ancestry[ancestry] * sex.Item2 * age.Item2);

    /// <summary>Draws a person.</summary>
    public static Traits Draw(MakeHumanAssets assets, int seed, int number)
    {
        var draws = Draws.For(seed, "person", number);
        var ancestry = DrawAncestry(draws);
        var woman = draws.Chance(0.5);
        var female = woman ? draws.Between(0.75f, 1) : draws.Between(0, 0.25f);
        var age = MathF.Pow(draws.Unit(), 1.7f) * 0.92f;
        var colour = DrawHairColour(draws, ancestry, age);
        return new Traits
        {
            Ancestry = ancestry,
            Female = female,
            Age = age,
            Sliders = DrawSliders(assets, Draws.For(seed, "shape", number)),
            Scans = DrawScans(assets, Draws.For(seed, "scan", number)),
            Skins = DrawSkins(assets, draws, ancestry, woman, age),
            SkinTint = DrawSkinTint(draws, ancestry),
            Hair = DrawHair(assets, draws, woman, age),
            HairColour = colour,
            Brows = draws.Of(assets.Brows),
            Lashes = draws.Of(assets.Lashes),
            Eyes = DrawEyes(assets, draws, ancestry),
        };
    }

    private static float[] DrawAncestry(Draws draws)
    {
        var shares = new float[3];
        if (draws.Chance(0.5))
        {
            shares[draws.Below(3)] = 1;
            return shares;
        }
        for (var i = 0; i < 3; i++)
            shares[i] = -MathF.Log(1 - draws.Unit());
        var sum = shares.Sum();
        return [.. shares.Select(s => s / sum)];
    }

    private static List<(Slider, int, float)> DrawSliders(MakeHumanAssets assets, Draws draws)
    {
        var amounts = new List<(Slider, int, float)>();
        var outlines = assets.Sliders.Where(s => s.Room == "head" && !s.TwoWays).ToList();
        if (draws.Chance(0.6) && outlines.Count > 0)
            amounts.Add((draws.Of(outlines), 0, draws.Between(0, 0.6f)));
        foreach (var slider in assets.Sliders.Where(s => !outlines.Contains(s) && !IsLeftAlone(s)))
        {
            var deviation = slider.Room switch { "head" => 0.2f, "neck" => 0.15f, _ => 0.26f };
            var amount = draws.Normal() * deviation * (assets.Scans.Count > 0 ? SlidersBesideScans : 1);
            for (var side = 0; side < slider.Sides; side++)
            {
                var own = Math.Clamp(amount + (slider.Sides > 1 ? draws.Normal() * 0.05f : 0), -0.65f, 0.65f);
                amounts.Add((slider, side, slider.TwoWays ? own : Math.Max(0, own)));
            }
        }
        return amounts;
    }

    private static float[] DrawScans(MakeHumanAssets assets, Draws draws) => [.. assets.Scans.Select(_ => draws.Normal() * ScanDeviation)];

    // A crooked nose or mouth is a face; a head beside its neck is not, nor are an elf's ears.
    private static bool IsLeftAlone(Slider slider) =>
        (slider.Room is "head" or "neck" && slider.Name.Contains("-trans-", StringComparison.Ordinal)) || slider.Name == "ear-shape-pointed";

    private static List<(Skin, float)> DrawSkins(MakeHumanAssets assets, Draws draws, float[] ancestry, bool woman, float age)
    {
        var dark = Math.Clamp(ancestry[0] * draws.Between(0.75f, 1) + ancestry[1] * draws.Between(0, 0.35f) + ancestry[2] * draws.Between(0, 0.15f), 0, 1);
        var years = age < 0.25f ? "young" : age < 0.6f ? "middleage" : "old";
        var shares = new List<(Skin, float)>();
        foreach (var (tone, share) in new[] { (true, dark), (false, 1 - dark) })
        {
            var fitting = assets.Skins.Where(s => s.Dark == tone && s.Female == woman && s.Age.Equals(years, StringComparison.OrdinalIgnoreCase)).ToList();
            if (fitting.Count == 0)
                fitting = [.. assets.Skins.Where(s => s.Dark == tone && s.Female == woman)];
            if (fitting.Count == 0)
                fitting = [.. assets.Skins];
            var part = draws.Unit();
            shares.Add((draws.Of(fitting), share * part));
            shares.Add((draws.Of(fitting), share * (1 - part)));
        }
        return shares;
    }

    private static Vector3 DrawSkinTint(Draws draws, float[] ancestry)
    {
        var light = draws.Between(0.78f, 1.12f);
        var red = draws.Normal() * 0.035f;
        var yellow = ancestry[1] * 0.06f + draws.Normal() * 0.02f;
        return new Vector3(1 + red, 1 - red * 0.3f, 1 - red * 0.4f - yellow) * light;
    }

    private static Garment? DrawHair(MakeHumanAssets assets, Draws draws, bool woman, float age)
    {
        var bald = draws.Chance(woman ? 0.03 : 0.12 + 0.3 * age);
        var asMany = draws.Chance(woman ? 0.2 : 0.06);
        var wantsLong = woman != asMany;
        var styles = assets.Hair.Where(h => LongHair.Contains(h.Name) == wantsLong).ToList();
        var style = draws.Of(styles.Count > 0 ? styles : assets.Hair);
        // This one falls over half of the face: seldom, or too few of the pictures show one.
        if (style.Name == "bob01" && styles.Count > 0 && draws.Chance(0.85))
            style = draws.Of(styles);
        return bald ? null : style;
    }

    private static Vector3 DrawHairColour(Draws draws, float[] ancestry, float age)
    {
        var range = 1 + ancestry[2] * (HairColours.Length - 1.01f);
        var place = draws.Unit() * range;
        var colour = Vector3.Lerp(HairColours[(int)place], HairColours[Math.Min((int)place + 1, HairColours.Length - 1)], place % 1) * draws.Between(0.8f, 1.25f);
        var grey = Math.Clamp((age - 0.25f) * 2 + draws.Normal() * 0.2f, 0, 1);
        return Vector3.Lerp(colour, GreyHair, grey * grey);
    }

    private static NamedTexture DrawEyes(MakeHumanAssets assets, Draws draws, float[] ancestry)
    {
        var brown = assets.EyeColours.Where(e => e.Name.StartsWith("brown", StringComparison.OrdinalIgnoreCase)).ToList();
        return brown.Count > 0 && !draws.Chance(ancestry[2] * 0.65) ? draws.Of(brown) : draws.Of(assets.EyeColours);
    }
}
