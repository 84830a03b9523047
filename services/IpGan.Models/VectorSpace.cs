namespace IpGan.Models;

/// <summary>The coordinate system that vectors live in.</summary>
/// <param name="Name">Unique to one joint training, one crop rule and one way of placing its square; vectors of two names must never be compared.</param>
/// <param name="Dimension">Numbers in a vector.</param>
public sealed record VectorSpace(string Name, int Dimension);

/// <summary>How spaces are called.</summary>
public static class SpaceNames
{
    /// <summary>Squares are placed by the crop rule's two points, whoever measured them: a person, or a face finder. Answers name the finder's version.</summary>
    public const string GivenFinder = "given";

    /// <summary>"kind-id@cropRule+finder", for example "identity-7f3a9c21@square1+given".</summary>
    /// <param name="kind">"identity" or "pose".</param>
    /// <param name="id">Names the joint training: 8 hexadecimal digits.</param>
    /// <param name="cropRule">The crop rule's id.</param>
    /// <param name="finder">How squares are placed.</param>
    public static string Create(string kind, string id, string cropRule, string finder = GivenFinder) => $"{kind}-{id}@{cropRule}+{finder}";
}
