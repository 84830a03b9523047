using System.Numerics.Tensors;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.Serving.Rpc;

/// <summary>From a request's vectors to the network's inputs.</summary>
public static class VectorInput
{
    // Shorter ones have no direction to speak of.
    private const float SmallestNorm = 1e-6f;

    /// <summary>Copies a vector after checking its space, length and values.</summary>
    /// <exception cref="SpaceMismatchException">It lives in another space.</exception>
    /// <exception cref="InvalidRequestException">It has the wrong length, or a value that is not finite.</exception>
    public static void Copy(string name, Embedding? vector, VectorSpace space, Span<float> destination)
    {
        if (vector is null || vector.Values.Count == 0)
        {
            throw new InvalidRequestException($"{name} is missing: send {space.Dimension} values of space '{space.Name}'.", name);
        }
        if (vector.Space != space.Name)
        {
            throw new SpaceMismatchException(vector.Space.Length == 0
                ? $"{name} names no space; this model understands '{space.Name}'. A vector without its space is meaningless: send the space that came with it."
                : $"{name} is in space '{vector.Space}', this model understands '{space.Name}'. Embed the photo again with a matching encoder.", name);
        }
        if (vector.Values.Count != space.Dimension)
        {
            throw new InvalidRequestException($"{name} has {vector.Values.Count} values; space '{space.Name}' has {space.Dimension}.", name);
        }
        for (var i = 0; i < space.Dimension; i++)
        {
            destination[i] = float.IsFinite(vector.Values[i])
                ? vector.Values[i]
                : throw new InvalidRequestException($"{name}.values[{i}] is {vector.Values[i]}; all values must be finite.", $"{name}.values[{i}]");
        }
    }

    /// <summary>Scales an identity vector to unit length.</summary>
    /// <exception cref="InvalidRequestException">Its length is zero.</exception>
    public static void Normalize(string name, Span<float> vector)
    {
        var norm = TensorPrimitives.Norm<float>(vector);
        if (!(norm >= SmallestNorm) || !float.IsFinite(norm))
        {
            throw new InvalidRequestException($"{name} has length {norm}; an identity vector has length 1.", name);
        }
        TensorPrimitives.Divide<float>(vector, norm, vector);
    }
}
