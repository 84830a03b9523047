using System.Text.Json.Serialization;

namespace IpGan.Training;

/// <summary>What a run may know of its pictures beside the pictures themselves. Whatever it may not know is taken out of the table before anything is drawn.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Supervision>))]
public enum Supervision
{
    /// <summary>
    /// Nothing: no person, no descriptor, no angle. A picture's partner is its mirror image, so the pair is "the same person in a pose that is known to
    /// differ"; the identity encoder learns alone by telling pictures apart, and then through the generator.
    /// </summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Who is in the picture, and descriptors of a teacher where the data set has them. No angles: what a pose is, the generator finds out.</summary>
    [JsonStringEnumMemberName("identity")]
    Identity,

    /// <summary>Also the angles, where the data set has them.</summary>
    [JsonStringEnumMemberName("identity+pose")]
    IdentityAndPose,
}

/// <summary>Names of <see cref="Supervision"/>, as presets and the command line have them.</summary>
public static class SupervisionNames
{
    private static readonly (Supervision Value, string Name)[] Names =
        [(Supervision.None, "none"), (Supervision.Identity, "identity"), (Supervision.IdentityAndPose, "identity+pose")];

    /// <summary>"none", "identity" or "identity+pose".</summary>
    public static string Name(this Supervision supervision) => Names.Single(n => n.Value == supervision).Name;

    /// <summary>The value of a name.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static Supervision Parse(string name) => Names.Any(n => n.Name == name)
        ? Names.Single(n => n.Name == name).Value
        : throw new ArgumentException($"--supervision is '{name}'; it must be none, identity or identity+pose.");
}
