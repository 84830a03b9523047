using IpGan.V1;

namespace IpGan.Client;

/// <summary>One person in one or more poses.</summary>
/// <param name="Person">Whom to draw.</param>
/// <param name="Poses">1 to 64; a sweep counts as many as it has steps.</param>
public sealed record RotationRequest(Person Person, IReadOnlyList<Pose> Poses)
{
    /// <summary>How the pictures are encoded; PNG if nothing else is said.</summary>
    public ImageFormat Format { get; init; }

    /// <summary>Pixels a side, 16 to 1,024. 0: as the network draws it.</summary>
    public int Size { get; init; }

    /// <summary>Of JPEG and WebP, 1 to 100. 0: 90.</summary>
    public int Quality { get; init; }

    /// <summary>Anything; comes back in the answers of bulk calls.</summary>
    public string Id { get; init; } = "";

    internal RotateRequest ToMessage() => new()
    {
        Source = Person.ToMessage(),
        Targets = { Poses.Select(p => p.ToMessage()) },
        Format = Format,
        Size = Size,
        Quality = Quality,
        Id = Id,
    };
}

/// <summary>A picture that the generator drew.</summary>
/// <param name="Content">The encoded picture.</param>
/// <param name="Format">How it is encoded.</param>
/// <param name="Size">Pixels a side.</param>
/// <param name="Pose">The pose vector that it was drawn from.</param>
/// <param name="Target">The place in the request's poses that asked for it.</param>
/// <param name="Angles">Those asked for, or, of a photo, those read from it. Null for pose vectors.</param>
public sealed record RotatedPicture(ReadOnlyMemory<byte> Content, ImageFormat Format, int Size, PoseVector Pose, int Target, HeadAngles? Angles);

/// <summary>The answer to a <see cref="RotationRequest"/>.</summary>
/// <param name="Pictures">In the order of the poses.</param>
/// <param name="Identity">The person's vector: use it for the next request about the same person.</param>
/// <param name="Models">The versions that drew it.</param>
public sealed record Rotation(IReadOnlyList<RotatedPicture> Pictures, IdentityVector Identity, ModelTriple Models)
{
    /// <summary>The faces that were found in photos.</summary>
    public IReadOnlyList<TakenFace> Faces { get; init; } = [];

    internal static Rotation From(RotateResponse response) => new(
        [.. response.Images.Select(i => new RotatedPicture(
            i.Content.Memory, i.Format, i.Size, PoseVector.From(i.Pose), i.Target, HeadAngles.From(i.Angles)))],
        IdentityVector.From(response.Identity), response.Models)
    { Faces = [.. response.Faces] };
}
