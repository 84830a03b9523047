using System.Numerics.Tensors;
using IpGan.V1;

namespace IpGan.Client;

/// <summary>A vector, and the space without which it means nothing.</summary>
/// <param name="Values">Its numbers.</param>
/// <param name="Space">The coordinate system that they live in.</param>
/// <param name="ModelVersion">The version of the encoder that made it.</param>
public abstract record FaceVector(ReadOnlyMemory<float> Values, string Space, string ModelVersion)
{
    /// <summary>The face that was found in the photo, and what may make its vector worse than others. Null where the caller said where the face is.</summary>
    public FoundFace? Face { get; init; }

    /// <summary>
    /// How the encoder came to the square that it saw. With <see cref="CropSource.Assumed"/> it was the whole picture, not the square of <see cref="Face"/>.
    /// Unspecified for vectors that are not of one photo.
    /// </summary>
    public CropSource Crop { get; init; }

    /// <summary>Equal in space and in every number; who made it, and from what, does not matter.</summary>
    public virtual bool Equals(FaceVector? other) =>
        other is not null && EqualityContract == other.EqualityContract && Space == other.Space && Values.Span.SequenceEqual(other.Values.Span);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Space, Values.Length, Values.IsEmpty ? 0 : Values.Span[0]);

    internal Embedding ToMessage()
    {
        var message = new Embedding { Space = Space, ModelVersion = ModelVersion };
        message.Values.Capacity = Values.Length;
        foreach (var value in Values.Span)
        {
            message.Values.Add(value);
        }
        return message;
    }

    private protected void RequireSpaceOf(FaceVector other)
    {
        if (Space != other.Space)
        {
            throw new SpaceMismatchException(Space, other.Space);
        }
    }

    private protected static float[] Numbers(Embedding message)
    {
        var values = new float[message.Values.Count];
        message.Values.CopyTo(values, 0);
        return values;
    }
}

/// <summary>Who: a vector of unit length.</summary>
/// <inheritdoc cref="FaceVector"/>
public sealed record IdentityVector(ReadOnlyMemory<float> Values, string Space, string ModelVersion) : FaceVector(Values, Space, ModelVersion)
{
    /// <summary>How alike two people are: the cosine, -1 to 1.</summary>
    /// <exception cref="SpaceMismatchException">The other is of another space.</exception>
    public float CosineTo(IdentityVector other)
    {
        RequireSpaceOf(other);
        return TensorPrimitives.CosineSimilarity(Values.Span, other.Values.Span);
    }

    internal static IdentityVector From(Embedding message, FoundFace? face = null, CropSource crop = default) =>
        new(Numbers(message), message.Space, message.ModelVersion) { Face = face, Crop = crop };
}

/// <summary>How a head is held.</summary>
/// <inheritdoc cref="FaceVector"/>
public sealed record PoseVector(ReadOnlyMemory<float> Values, string Space, string ModelVersion) : FaceVector(Values, Space, ModelVersion)
{
    /// <summary>How far apart two poses are: the Euclidean distance.</summary>
    /// <exception cref="SpaceMismatchException">The other is of another space.</exception>
    public float DistanceTo(PoseVector other)
    {
        RequireSpaceOf(other);
        return TensorPrimitives.Distance(Values.Span, other.Values.Span);
    }

    internal static PoseVector From(Embedding message, FoundFace? face = null, CropSource crop = default) =>
        new(Numbers(message), message.Space, message.ModelVersion) { Face = face, Crop = crop };
}
