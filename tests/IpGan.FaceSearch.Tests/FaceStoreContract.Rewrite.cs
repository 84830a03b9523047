using IpGan.Client;

namespace IpGan.FaceSearch.Tests;

public abstract partial class FaceStoreContract
{
    private const string NewSpace = "identity-0b0b0b0b@square1+given";

    private static Task<IReadOnlyList<IdentityVector>> Converted(IReadOnlyList<IdentityVector> vectors) =>
        Task.FromResult<IReadOnlyList<IdentityVector>>([.. vectors.Select(ToNewSpace)]);

    /// <summary>One number shorter, and told apart.</summary>
    private static IdentityVector ToNewSpace(IdentityVector vector) =>
        new(vector.Values[1..], NewSpace, $"2 via bridge from {vector.ModelVersion}");

    private static IndexedFace Migrated(IndexedFace face) => face with { Vector = ToNewSpace(face.Vector with { Values = Faces.Unit(face.Vector) }) };

    [Fact]
    public async Task Who_was_removed_is_gone_for_good_and_the_others_are_found()
    {
        var left = Faces.Many(0, 30).Where(f => f.Person is not ("person2" or "person9") && f.Id != Faces.Face(4).Id).ToList();
        await using (var store = await OpenAsync(write: true))
        {
            await store.AddAsync(Faces.Many(0, 12), Cancel);
            await store.AddAsync(Faces.Many(12, 18), Cancel);
            var removed = await store.RemoveAsync(new HashSet<string> { "person2", "person9", "nobody" }, new HashSet<string> { Faces.Face(4).Id, "nothing" }, Cancel);
            Assert.Equal(
                Faces.Many(0, 30).Except(left).Select(f => new FaceName(f.Id, f.Person)).OrderBy(f => f.Id, StringComparer.Ordinal),
                removed.OrderBy(f => f.Id, StringComparer.Ordinal));
            await AssertHolds(store, left);
            Assert.Empty(await store.RemoveAsync(new HashSet<string> { "person2" }, new HashSet<string>(), Cancel));
            // He may come again.
            await store.AddAsync([Faces.Face(6)], Cancel);
        }
        await using var again = await OpenAsync(write: false);
        await AssertHolds(again, [.. left, Faces.Face(6)]);
    }

    [Fact]
    public async Task A_store_that_was_emptied_keeps_its_space_and_takes_faces_again()
    {
        await using (var store = await OpenAsync(write: true))
        {
            Assert.Empty(await store.RemoveAsync(new HashSet<string> { "person0" }, new HashSet<string>(), Cancel));
            await store.AddAsync(Faces.Many(0, 3), Cancel);
            Assert.Equal(3, (await store.RemoveAsync(new HashSet<string> { "person0" }, new HashSet<string>(), Cancel)).Count);
        }
        await using var again = await OpenAsync(write: true);
        Assert.Equal(Faces.Space, again.Space);
        Assert.Empty(await again.FindAsync(Faces.Vector(1), 10, Cancel));
        await again.AddAsync(Faces.Many(0, 2), Cancel);
        await AssertHolds(again, Faces.Many(0, 2));
    }

    [Fact]
    public async Task A_migrated_store_is_of_the_new_space_with_the_same_people()
    {
        var faces = Faces.Many(0, 3000);
        await using (var store = await OpenAsync(write: true))
        {
            await store.AddAsync(faces, Cancel);
            Assert.Equal(3000, await store.MigrateAsync(NewSpace, Faces.Dimension - 1, (vectors, _) => Converted(vectors), Cancel));
            await Assert.ThrowsAsync<SpaceMismatchException>(() => store.FindAsync(Faces.Vector(1), 1, Cancel));
            await Assert.ThrowsAsync<SpaceMismatchException>(() => store.AddAsync([Faces.Face(5000)], Cancel));
            await store.AddAsync([Migrated(Faces.Face(3000))], Cancel);
        }
        await using var again = await OpenAsync(write: false);
        Assert.Equal(NewSpace, again.Space);
        var expected = Faces.Many(0, 3001).Select(Migrated).ToList();
        var query = Migrated(Faces.Face(17)).Vector;
        Faces.AssertSame(Faces.Nearest(expected, query, 5), await again.FindAsync(query, 5, Cancel));
        Assert.Equal(3001, (await again.IdsAsync(Cancel)).Count);
    }

    [Fact]
    public async Task A_migration_that_fails_on_its_way_changes_nothing()
    {
        var faces = Faces.Many(0, 10_000);
        await using var store = await OpenAsync(write: true);
        await store.AddAsync(faces, Cancel);
        var calls = 0;
        await Assert.ThrowsAsync<IpGanException>(() => store.MigrateAsync(
            NewSpace, Faces.Dimension - 1, (vectors, _) => ++calls > 1 ? throw new IpGanException(Grpc.Core.StatusCode.Unavailable, "gone") : Converted(vectors), Cancel));
        await Assert.ThrowsAsync<SpaceMismatchException>(() => store.MigrateAsync(
            NewSpace, Faces.Dimension, (vectors, _) => Task.FromResult(vectors), Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.MigrateAsync(NewSpace, Faces.Dimension, (vectors, _) => Converted(vectors), Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.MigrateAsync(
            NewSpace, Faces.Dimension - 1, (vectors, _) => Converted([vectors[0]]), Cancel));
        Assert.Equal(Faces.Space, store.Space);
        Faces.AssertSame(Faces.Nearest(faces, Faces.Vector(7), 5), await store.FindAsync(Faces.Vector(7), 5, Cancel));
    }

    private static async Task AssertHolds(IFaceStore store, IReadOnlyList<IndexedFace> faces)
    {
        Assert.Equal(Faces.Space, store.Space);
        Assert.Equal(faces.Select(f => f.Id).Order(StringComparer.Ordinal), (await store.IdsAsync(Cancel)).Order(StringComparer.Ordinal));
        Faces.AssertSame(Faces.Nearest(faces, Faces.Vector(7), faces.Count), await store.FindAsync(Faces.Vector(7), faces.Count, Cancel));
    }
}
