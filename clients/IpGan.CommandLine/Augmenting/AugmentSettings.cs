using System.Text.Json;
using System.Text.Json.Serialization;

namespace IpGan.CommandLine.Augmenting;

/// <summary>What a folder of pictures was made with. Pictures of two settings would have the same names.</summary>
/// <param name="Poses">By name.</param>
/// <param name="Format">Of the pictures.</param>
/// <param name="Size">Pixels a side; 0: as the network draws them.</param>
/// <param name="Quality">Of jpeg and webp; 0: the gateway's.</param>
/// <param name="Shard">Whose pictures; null: everybody's, of which folders of before there were shards say nothing.</param>
internal sealed record AugmentSettings(
    IReadOnlyList<string> Poses, string Format, int Size, int Quality, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Shard)
{
    private const string FileName = "augment.json";

    /// <summary>Writes them into a new folder; makes sure that they are those of an old one.</summary>
    /// <exception cref="ArgumentException">The folder was made with others.</exception>
    public void Claim(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var mine = JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, mine);
        }
        else if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(mine))
        {
            throw new ArgumentException($"'{folder}' was begun with other options ({File.ReadAllText(path)}); go on with the same, or take another folder.");
        }
    }
}
