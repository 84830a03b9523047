namespace IpGan.FaceSearch;

/// <summary>Stores by where they are.</summary>
public static class FaceStores
{
    /// <summary>Opens a store.</summary>
    /// <param name="location">A file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE.</param>
    /// <param name="write">Faces shall be added: what is not there yet is made, and a file is locked against other writers.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="IOException">There is no such file, or it cannot be had.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or something else.</exception>
    /// <exception cref="ArgumentException">The address of a database cannot be read.</exception>
    public static async Task<IFaceStore> OpenAsync(string location, bool write, CancellationToken cancel = default) =>
        location.Contains("://", StringComparison.Ordinal)
            ? await PostgresFaceStore.OpenAsync(Address(location), write, cancel).ConfigureAwait(false)
            : FileFaceStore.Open(location, write);

    // The message has no part of it: it may be the password's, of which a # or / that is not written as %XX makes another part of the address.
    private static Uri Address(string location) => Uri.TryCreate(location, UriKind.Absolute, out var address)
        && address is { Scheme: "postgres" or "postgresql", Fragment: "" } && !address.PathAndQuery.Contains('@', StringComparison.Ordinal)
        ? address
        : throw new ArgumentException("The store's address cannot be read; expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of user and password as %XX (# is %23, / is %2F).");

    /// <summary>The faces' common space.</summary>
    /// <param name="store">The store's space; null when it is empty.</param>
    /// <param name="faces">At least one.</param>
    /// <exception cref="Client.SpaceMismatchException">They have none, or not the store's.</exception>
    internal static (string Space, int Dimension) SpaceOf(string? store, IReadOnlyList<IndexedFace> faces)
    {
        var first = faces[0].Vector;
        foreach (var face in faces)
        {
            if (face.Vector.Space != (store ?? first.Space))
            {
                throw new Client.SpaceMismatchException(store ?? first.Space, face.Vector.Space);
            }
            if (face.Vector.Values.Length != first.Values.Length)
            {
                throw new ArgumentException($"Vectors of {first.Values.Length} and of {face.Vector.Values.Length} numbers in one space, '{first.Space}'.");
            }
        }
        return (first.Space, first.Values.Length);
    }

    /// <summary>The same faces with converted vectors.</summary>
    internal static async Task<IndexedFace[]> ConvertAsync(
        IReadOnlyList<IndexedFace> faces, string space, int dimension, VectorConversion convert, CancellationToken cancel)
    {
        var vectors = await convert([.. faces.Select(f => f.Vector)], cancel).ConfigureAwait(false);
        if (vectors.Count != faces.Count)
        {
            throw new InvalidOperationException($"The conversion of {faces.Count} vectors gave {vectors.Count}.");
        }
        IndexedFace[] converted = [.. faces.Zip(vectors, (face, vector) => face with { Vector = vector })];
        var (_, length) = SpaceOf(space, converted);
        return length == dimension ? converted : throw new InvalidOperationException($"A vector of '{space}' has {length} numbers, expected {dimension}.");
    }
}
