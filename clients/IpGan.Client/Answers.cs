using System.Diagnostics.CodeAnalysis;
using IpGan.V1;

namespace IpGan.Client;

/// <summary>How a head is held in a photo, or how it would be at given angles.</summary>
/// <param name="Vector">The pose vector.</param>
/// <param name="Angles">The encoder's own estimate, or the angles asked for.</param>
public sealed record HeadPose(PoseVector Vector, HeadAngles Angles)
{
    internal static HeadPose From(EmbedPoseResponse response) =>
        new(PoseVector.From(response.Embedding, response.Face, response.Crop), HeadAngles.From(response.Angles) ?? default);
}

/// <summary>Who somebody is, by all that is known of him or her.</summary>
/// <param name="Identity">The vector.</param>
/// <param name="Agreement">Of several photos: the cosine of each one's vector to the answer. One far below the others is of somebody else, or bad.</param>
/// <param name="Models">The versions that answered.</param>
public sealed record ResolvedPerson(IdentityVector Identity, IReadOnlyList<float> Agreement, ModelTriple Models)
{
    /// <summary>The faces that were found in photos.</summary>
    public IReadOnlyList<TakenFace> Faces { get; init; } = [];

    internal static ResolvedPerson From(ResolveIdentityResponse response) =>
        new(IdentityVector.From(response.Identity), [.. response.Agreement], response.Models) { Faces = [.. response.Faces] };
}

/// <summary>How alike two people are.</summary>
/// <param name="Score">The cosine of their vectors, -1 to 1.</param>
/// <param name="Threshold">From this score on they are taken for one person. Null: the model says nothing of that.</param>
/// <param name="SamePerson">The decision; null with the threshold.</param>
/// <param name="Space">Of both vectors.</param>
/// <param name="ModelVersion">The identity encoder's version that the threshold is of; empty without one.</param>
public sealed record Comparison(float Score, float? Threshold, bool? SamePerson, string Space, string ModelVersion)
{
    /// <summary>The faces that were found in photos.</summary>
    public IReadOnlyList<TakenFace> Faces { get; init; } = [];

    internal static Comparison From(CompareResponse response) => new(response.Score, response.HasThreshold ? response.Threshold : null,
        response.HasSamePerson ? response.SamePerson : null, response.Space, response.ModelVersion)
    { Faces = [.. response.Faces] };
}

/// <summary>The faces in a photo.</summary>
/// <param name="Faces">From left to right.</param>
/// <param name="BestRejected">The highest score that was too low for a face; 0 when there was none.</param>
/// <param name="Threshold">The score from which on something is a face.</param>
/// <param name="FinderVersion">The face finder's version.</param>
public sealed record PhotoFaces(IReadOnlyList<FoundFace> Faces, float BestRejected, float Threshold, string FinderVersion)
{
    internal static PhotoFaces From(FindFacesResponse response) => new([.. response.Faces], response.BestRejectedScore, response.Threshold, response.FinderVersion);
}

/// <summary>One answer of a bulk call: a value, or what went wrong with this one item.</summary>
/// <param name="Id">The request's.</param>
/// <param name="Value">The answer; null when it failed.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record BulkResult<T>(string Id, T? Value, IpGanException? Error) where T : class
{
    /// <summary>There is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;
}
