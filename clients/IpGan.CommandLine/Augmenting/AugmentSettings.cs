using System.Text.Json;
using System.Text.Json.Serialization;

namespace IpGan.CommandLine.Augmenting;

/// <summary>What a folder of pictures was made with. Pictures of two settings would have the same names.</summary>
/// <param name="Poses">By name.</param>
/// <param name="Format">Of the pictures.</param>
/// <param name="Size">Pixels a side; 0: as the network draws them.</param>
/// <param name="Quality">Of jpeg and webp; 0: the gateway's.</param>
/// <param name="Shard">Whose pictures; null: everybody's.</param>
internal sealed record AugmentSettings(IReadOnlyList<string> Poses, string Format, int Size, int Quality, string? Shard)
{
    private const string FileName = "augment.json";

    // What is not set is not written: folders that were begun before there was such a thing go on.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Checksums of the photos that show poses, in their order; null: there are none.</summary>
    public IReadOnlyList<string>? Like { get; init; }

    /// <summary>"cropped", or which of several faces; null: the largest.</summary>
    public string? Face { get; init; }

    /// <summary>The checksum of the file that says where the faces are; null: there is none.</summary>
    public string? Places { get; init; }

    /// <summary>Writes them into a new folder; makes sure that they are those of an old one.</summary>
    /// <exception cref="ArgumentException">The folder was made with others.</exception>
    public void Claim(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var mine = JsonSerializer.SerializeToUtf8Bytes(this, Json);
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
