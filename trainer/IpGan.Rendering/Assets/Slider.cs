namespace IpGan.Rendering.Assets;

/// <summary>
/// One way in which faces differ: a target for each direction, or for one only. What MakeHuman keeps once for the left and once for the right
/// is one slider with two sides.
/// </summary>
internal sealed class Slider
{
    // The first of two is the negative direction.
    private static readonly (string Less, string More)[] Opposites =
    [
        ("decr", "incr"), ("in", "out"), ("down", "up"), ("backward", "forward"), ("concave", "convex"), ("compress", "uncompress"),
    ];

    private readonly MorphTarget?[] _less;
    private readonly MorphTarget?[] _more;

    private Slider(string room, string name, MorphTarget?[] less, MorphTarget?[] more) => (Room, Name, _less, _more) = (room, name, less, more);

    /// <summary>The folder of its targets, such as "nose".</summary>
    public string Room { get; }

    /// <summary>Its name, without direction and side, such as "nose-hump".</summary>
    public string Name { get; }

    /// <summary>True if it can be moved both ways; else from 0 to 1 only.</summary>
    public bool TwoWays => _less[0] is not null && _more[0] is not null;

    /// <summary>2 if left and right can differ, else 1.</summary>
    public int Sides => _more.Length;

    /// <summary>Targets for <paramref name="amount"/> of a side.</summary>
    public (MorphTarget? Target, float Amount) At(int side, float amount) => amount < 0 ? (_less[side], -amount) : (_more[side], amount);

    /// <summary>The sliders of a folder of targets.</summary>
    public static IEnumerable<Slider> Read(AssetFolder assets, string room, int vertices)
    {
        var targets = assets.Files(Path.Combine("targets", room), ".target")
            .Select(f => (Name: Path.GetFileNameWithoutExtension(f), Target: MorphTarget.Read(f, vertices)));
        var groups = new SortedDictionary<string, SortedDictionary<string, MorphTarget?[]>>(StringComparer.Ordinal);
        foreach (var (file, target) in targets)
        {
            var side = file[..2] is "l-" or "r-" ? file[..1] : "";
            var bare = side.Length > 0 ? file[2..] : file;
            var ending = bare[(bare.LastIndexOf('-') + 1)..];
            var direction = Array.FindIndex(Opposites, o => o.Less == ending || o.More == ending);
            var name = direction < 0 ? bare : bare[..^(ending.Length + 1)] + (Ambiguous(ending) ? $"-{Opposites[direction].Less}-{Opposites[direction].More}" : "");
            if (!groups.TryGetValue(name, out var sides))
                groups.Add(name, sides = new(StringComparer.Ordinal));
            if (!sides.TryGetValue(side, out var pair))
                sides.Add(side, pair = new MorphTarget?[2]);
            pair[direction >= 0 && Opposites[direction].Less == ending ? 0 : 1] = target;
        }
        return groups.Select(g => new Slider(room, g.Key, [.. g.Value.Values.Select(p => p[0])], [.. g.Value.Values.Select(p => p[1])]));
    }

    // "nose-trans-in/-out" and "nose-trans-down/-up" would otherwise be the same slider.
    private static bool Ambiguous(string ending) => ending is not ("decr" or "incr");
}
