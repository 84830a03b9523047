using Npgsql;

namespace IpGan.FaceSearch.Tests;

/// <summary>One server for all tests, started when the first asks for it: a fixture that cannot start fails its tests, a test may be skipped.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private PostgresServer? _server;

    public string Address => _server!.Address;

    public async Task StartAsync() => _server ??= await PostgresServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

public sealed class PostgresFaceStoreTests(PostgresFixture server) : FaceStoreContract, IClassFixture<PostgresFixture>, IAsyncLifetime
{
    public async ValueTask InitializeAsync()
    {
        await server.StartAsync();
        await using var database = Database();
        await using var drop = database.CreateCommand("DROP TABLE IF EXISTS ipgan_space, ipgan_faces");
        await drop.ExecuteNonQueryAsync(Cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private NpgsqlDataSource Database()
    {
        var address = new Uri(server.Address);
        return NpgsqlDataSource.Create($"Host={address.Host};Port={address.Port};Username=postgres;Password=postgres;Database=postgres;SSL Mode=Disable");
    }

    protected override Task<IFaceStore> OpenAsync(bool write) => FaceStores.OpenAsync(server.Address, write, Cancel);

    [Fact]
    public async Task With_an_approximate_index_as_many_are_found_as_are_asked_for()
    {
        await using var store = await OpenAsync(write: true);
        await store.AddAsync(Faces.Many(0, 3000), Cancel);
        await using var database = Database();
        await using var index = database.CreateCommand("CREATE INDEX ON ipgan_faces USING hnsw (vector vector_ip_ops)");
        await index.ExecuteNonQueryAsync(Cancel);
        foreach (var count in new[] { 1, 100, 500 })
        {
            var found = await store.FindAsync(Faces.Vector(7), count, Cancel);
            Assert.Equal(count, found.Count);
            Assert.Equal(Faces.Face(7).Id, found[0].Id);
        }
    }

    [Fact]
    public async Task Two_writers_make_one_store()
    {
        await using var one = await OpenAsync(write: true);
        await using var other = await OpenAsync(write: true);
        await one.AddAsync(Faces.Many(0, 3), Cancel);
        await other.AddAsync(Faces.Many(2, 3), Cancel);
        Assert.Equal(5, (await one.IdsAsync(Cancel)).Count);
    }

    [Fact]
    public async Task Of_two_first_writers_with_two_spaces_one_is_refused()
    {
        await using var one = await OpenAsync(write: true);
        await using var other = await OpenAsync(write: true);
        await one.AddAsync(Faces.Many(0, 3), Cancel);
        await Assert.ThrowsAsync<Client.SpaceMismatchException>(() => other.AddAsync([Faces.Face(9, "identity-0b0b0b0b@square1+given")], Cancel));
        Assert.Equal(3, (await one.IdsAsync(Cancel)).Count);
    }

    [Fact]
    public async Task After_a_migration_by_another_old_vectors_are_neither_taken_nor_looked_for()
    {
        await using var one = await OpenAsync(write: true);
        await one.AddAsync(Faces.Many(0, 3), Cancel);
        await using var other = await OpenAsync(write: true);
        await other.MigrateAsync("identity-0b0b0b0b@square1+given", Faces.Dimension,
            (vectors, _) => Task.FromResult<IReadOnlyList<Client.IdentityVector>>([.. vectors.Select(v => v with { Space = "identity-0b0b0b0b@square1+given" })]), Cancel);
        await Assert.ThrowsAsync<Client.SpaceMismatchException>(() => one.AddAsync([Faces.Face(9)], Cancel));
        await Assert.ThrowsAsync<Client.SpaceMismatchException>(() => one.FindAsync(Faces.Vector(1), 1, Cancel));
        await Assert.ThrowsAsync<Client.SpaceMismatchException>(() => one.RemoveAsync(new HashSet<string> { "person0" }, new HashSet<string>(), Cancel));
        Assert.Equal(3, (await other.IdsAsync(Cancel)).Count);
    }
}

public sealed class PostgresAddressTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("?Command%20Timeout=5", 5)]
    public void Commands_take_as_long_as_they_need_unless_the_address_says_otherwise(string settings, int seconds) =>
        Assert.Equal(seconds, new NpgsqlConnectionStringBuilder(PostgresFaceStore.ConnectionString(new Uri($"postgres://me@host/faces{settings}"))).CommandTimeout);

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        var e = await Assert.ThrowsAsync<IOException>(() => FaceStores.OpenAsync("postgres://nobody@127.0.0.1:1/faces", write: true, TestContext.Current.CancellationToken));
        Assert.Contains("127.0.0.1:1", e.Message, StringComparison.Ordinal);
    }
}
