using IpGan.Client;

namespace IpGan.FaceSearch;

/// <summary>A face to be found again.</summary>
/// <param name="Id">Unique in a store; the photo's path, for example.</param>
/// <param name="Person">Whose face it is.</param>
/// <param name="Vector">The identity vector.</param>
public sealed record IndexedFace(string Id, string Person, IdentityVector Vector);

/// <summary>A face that was found.</summary>
/// <param name="Id">The face's.</param>
/// <param name="Person">Whose face it is.</param>
/// <param name="ModelVersion">The version of the encoder that made its vector.</param>
/// <param name="Score">The cosine of its vector to the one that was looked for.</param>
public sealed record FaceMatch(string Id, string Person, string ModelVersion, float Score);

/// <summary>A face without its vector.</summary>
/// <param name="Id">The face's.</param>
/// <param name="Person">Whose face it is.</param>
public sealed record FaceName(string Id, string Person);

/// <summary>Turns vectors of one space into those of another, in their order.</summary>
public delegate Task<IReadOnlyList<IdentityVector>> VectorConversion(IReadOnlyList<IdentityVector> vectors, CancellationToken cancel);

/// <summary>Where faces are kept. All vectors of a store are of one space, that of the first.</summary>
public interface IFaceStore : IAsyncDisposable
{
    /// <summary>The space of its vectors; null until the first face came.</summary>
    string? Space { get; }

    /// <summary>Ids of all faces.</summary>
    Task<IReadOnlySet<string>> IdsAsync(CancellationToken cancel = default);

    /// <summary>Adds faces; they are kept, whatever happens, once it has returned. A face whose id is there already is left as it is.</summary>
    /// <exception cref="SpaceMismatchException">A vector is of another space than the store; none was added.</exception>
    /// <exception cref="ArgumentException">A vector is of length zero, not finite, or of another number of numbers; or a name is too long. None was added.</exception>
    /// <exception cref="InvalidOperationException">The store was opened to be read.</exception>
    Task AddAsync(IReadOnlyList<IndexedFace> faces, CancellationToken cancel = default);

    /// <summary>The faces whose vectors are nearest, the nearest first: by an exact search, unless a PostgreSQL has an approximate index.</summary>
    /// <param name="vector">Of whom.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <exception cref="SpaceMismatchException">The vector is of another space than the store.</exception>
    /// <exception cref="ArgumentException">The vector has another number of numbers than the store's.</exception>
    Task<IReadOnlyList<FaceMatch>> FindAsync(IdentityVector vector, int count, CancellationToken cancel = default);

    /// <summary>Removes all faces of some people, and single faces by their ids, all at once; those that are not there are no failure.</summary>
    /// <returns>
    /// What was removed; it is gone, whatever is killed. Where the store is a file, a power cut within seconds may bring the old file back; then it must be
    /// removed again.
    /// </returns>
    Task<IReadOnlyList<FaceName>> RemoveAsync(IReadOnlySet<string> people, IReadOnlySet<string> ids, CancellationToken cancel = default);

    /// <summary>Takes all vectors into another space, at once: whatever happens, the store is wholly of the old space or wholly of the new one.</summary>
    /// <param name="space">The new space.</param>
    /// <param name="dimension">Numbers in its vectors.</param>
    /// <param name="convert">Is given some thousands of vectors at a time.</param>
    /// <param name="cancel">Leaves the store as it is.</param>
    /// <returns>How many faces there are.</returns>
    /// <exception cref="SpaceMismatchException">The conversion's vectors are of another space than it was said; nothing was changed.</exception>
    Task<long> MigrateAsync(string space, int dimension, VectorConversion convert, CancellationToken cancel = default);
}
