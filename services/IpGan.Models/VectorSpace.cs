namespace IpGan.Models;

/// <summary>The coordinate system that vectors live in.</summary>
/// <param name="Name">Unique to one joint training, one crop rule and one face finder; vectors of two names must never be compared.</param>
/// <param name="Dimension">Numbers in a vector.</param>
public sealed record VectorSpace(string Name, int Dimension);

/// <summary>How spaces are called.</summary>
public static class SpaceNames
{
    /// <summary>Squares are placed by the caller: there is no face finder.</summary>
    public const string GivenFinder = "given";

    /// <summary>"kind-id@cropRule+finder", for example "identity-7f3a9c21@square1+given".</summary>
    /// <param name="kind">"identity" or "pose".</param>
    /// <param name="id">Names the joint training: 8 hexadecimal digits.</param>
    /// <param name="cropRule">The crop rule's id.</param>
    /// <param name="finder">The face finder, or <see cref="GivenFinder"/>.</param>
    public static string Create(string kind, string id, string cropRule, string finder = GivenFinder) => $"{kind}-{id}@{cropRule}+{finder}";
}
