using IpGan.Client;

namespace IpGan.FaceSearch.Tests;

/// <summary>What every store must do.</summary>
public abstract partial class FaceStoreContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Opens the test's own store.</summary>
    protected abstract Task<IFaceStore> OpenAsync(bool write);

    [Fact]
    public async Task What_was_added_is_found_nearest_first_also_after_it_was_opened_again()
    {
        var faces = Faces.Many(0, 300);
        await using (var store = await OpenAsync(write: true))
        {
            Assert.Null(store.Space);
            await store.AddAsync([.. faces.Take(100)], Cancel);
            await store.AddAsync([.. faces.Skip(100)], Cancel);
            await AssertHolds(store);
        }
        await using (var store = await OpenAsync(write: false))
        {
            await AssertHolds(store);
        }

        async Task AssertHolds(IFaceStore store)
        {
            Assert.Equal(Faces.Space, store.Space);
            Assert.Equal(faces.Select(f => f.Id).Order(StringComparer.Ordinal), (await store.IdsAsync(Cancel)).Order(StringComparer.Ordinal));
            foreach (var seed in new[] { 7, 1000, 1001 })
            {
                Faces.AssertSame(Faces.Nearest(faces, Faces.Vector(seed), 10), await store.FindAsync(Faces.Vector(seed), 10, Cancel));
            }
        }
    }

    [Fact]
    public async Task Nothing_is_found_where_nothing_is()
    {
        await using var store = await OpenAsync(write: true);
        Assert.Empty(await store.FindAsync(Faces.Vector(1), 10, Cancel));
        Assert.Empty(await store.IdsAsync(Cancel));
        await store.AddAsync([], Cancel);
        Assert.Null(store.Space);
    }

    [Fact]
    public async Task More_than_there_are_is_all_of_them()
    {
        await using var store = await OpenAsync(write: true);
        await store.AddAsync(Faces.Many(0, 3), Cancel);
        Assert.Equal(3, (await store.FindAsync(Faces.Vector(1), 10, Cancel)).Count);
        Assert.Empty(await store.FindAsync(Faces.Vector(1), 0, Cancel));
    }

    [Fact]
    public async Task A_face_that_is_there_stays_as_it_is()
    {
        await using var store = await OpenAsync(write: true);
        await store.AddAsync(Faces.Many(0, 5), Cancel);
        await store.AddAsync([Faces.Face(1) with { Person = "another", Vector = Faces.Vector(50) }, Faces.Face(5)], Cancel);
        await store.AddAsync([Faces.Face(6), Faces.Face(6)], Cancel);
        Assert.Equal(7, (await store.IdsAsync(Cancel)).Count);
        Faces.AssertSame(Faces.Nearest(Faces.Many(0, 7), Faces.Vector(1), 7), await store.FindAsync(Faces.Vector(1), 7, Cancel));
    }

    [Fact]
    public async Task A_vector_of_another_space_is_neither_taken_nor_looked_for()
    {
        const string Other = "identity-0b0b0b0b@square1+given";
        await using var store = await OpenAsync(write: true);
        await store.AddAsync(Faces.Many(0, 3), Cancel);
        var e = await Assert.ThrowsAsync<SpaceMismatchException>(() => store.AddAsync([Faces.Face(3), Faces.Face(4, Other)], Cancel));
        Assert.Contains(Faces.Space, e.Message, StringComparison.Ordinal);
        Assert.Contains(Other, e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SpaceMismatchException>(() => store.FindAsync(Faces.Vector(1, Other), 1, Cancel));
        Assert.Equal(3, (await store.IdsAsync(Cancel)).Count);
    }

    [Fact]
    public async Task Two_spaces_are_not_taken_at_once()
    {
        await using var store = await OpenAsync(write: true);
        await Assert.ThrowsAsync<SpaceMismatchException>(() => store.AddAsync([Faces.Face(3), Faces.Face(4, "identity-0b0b0b0b@square1+given")], Cancel));
        Assert.Null(store.Space);
    }

    [Fact]
    public async Task A_vector_that_is_nobodys_is_refused()
    {
        await using var store = await OpenAsync(write: true);
        foreach (var wrong in new[] { 0, float.NaN, float.PositiveInfinity })
        {
            var vector = new IdentityVector(Enumerable.Repeat(wrong, Faces.Dimension).ToArray(), Faces.Space, "1");
            await Assert.ThrowsAsync<ArgumentException>(() => store.AddAsync([Faces.Face(1), Faces.Face(2) with { Vector = vector }], Cancel));
        }
        Assert.Null(store.Space);
    }

    [Fact]
    public async Task With_a_vector_that_is_nobodys_none_of_many_is_taken()
    {
        await using var store = await OpenAsync(write: true);
        var nobodys = new IdentityVector(new float[Faces.Dimension], Faces.Space, "1");
        // More than a file has in a block.
        await Assert.ThrowsAsync<ArgumentException>(() => store.AddAsync([.. Faces.Many(0, 8192), Faces.Face(9000) with { Vector = nobodys }], Cancel));
        Assert.Null(store.Space);
        Assert.Empty(await store.IdsAsync(Cancel));
    }

    [Fact]
    public async Task A_store_that_was_opened_to_be_read_is_not_changed()
    {
        await using (var store = await OpenAsync(write: true))
        {
            await store.AddAsync(Faces.Many(0, 3), Cancel);
        }
        await using var reader = await OpenAsync(write: false);
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader.AddAsync([Faces.Face(4)], Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader.RemoveAsync(new HashSet<string> { "person0" }, new HashSet<string>(), Cancel));
        Assert.Equal(3, (await reader.IdsAsync(Cancel)).Count);
    }
}
