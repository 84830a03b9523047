using System.Net.Sockets;
using IpGan.Client;
using Npgsql;
using Pgvector;

namespace IpGan.FaceSearch;

/// <summary>
/// Faces in PostgreSQL with the extension pgvector: tables <c>ipgan_space</c> (one row) and <c>ipgan_faces</c>. The search is exact as long as nobody
/// puts an approximate index on the table.
/// </summary>
public sealed partial class PostgresFaceStore : IFaceStore
{
    // Any number, as long as all writers use the same.
    private const long FirstFaceLock = 0x1B6A_FACE;

    // pgvector's, of hnsw.ef_search.
    private const int DefaultIndexReach = 40;
    private const int MaxIndexReach = 1000;

    private readonly NpgsqlDataSource _database;
    private readonly bool _write;

    private PostgresFaceStore(NpgsqlDataSource database, bool write) => (_database, _write) = (database, write);

    /// <inheritdoc />
    public string? Space { get; private set; }

    /// <summary>Connects.</summary>
    /// <param name="address">postgres://USER:PASSWORD@HOST:PORT/DATABASE, with Npgsql's settings behind a question mark if need be.</param>
    /// <param name="write">Faces shall be added: the extension is created if it is not there.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="IOException">The server does not answer, or refuses.</exception>
    public static async Task<PostgresFaceStore> OpenAsync(Uri address, bool write, CancellationToken cancel = default)
    {
        var builder = new NpgsqlDataSourceBuilder(ConnectionString(address));
        builder.UseVector();
        var store = new PostgresFaceStore(builder.Build(), write);
        try
        {
            await using var connection = await store._database.OpenConnectionAsync(cancel).ConfigureAwait(false);
            if (write)
            {
                await using var create = new NpgsqlCommand("CREATE EXTENSION IF NOT EXISTS vector", connection);
                await create.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
                // It may be new to this connection.
                await connection.ReloadTypesAsync(cancel).ConfigureAwait(false);
            }
            store.Space = await ReadSpaceAsync(connection, cancel).ConfigureAwait(false);
            return store;
        }
        catch (Exception e)
        {
            await store.DisposeAsync().ConfigureAwait(false);
            // What the look-up of the host's name throws, Npgsql lets through.
            if (e is NpgsqlException or SocketException or TimeoutException)
            {
                throw new IOException($"PostgreSQL at {address.Authority}: {e.Message}", e);
            }
            throw;
        }
    }

    /// <inheritdoc />
    public async Task<IReadOnlySet<string>> IdsAsync(CancellationToken cancel = default)
    {
        var ids = new HashSet<string>();
        if (Space is not null)
        {
            await using var select = _database.CreateCommand("SELECT id FROM ipgan_faces");
            await using var rows = await select.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                ids.Add(rows.GetString(0));
            }
        }
        return ids;
    }

    /// <inheritdoc />
    public async Task AddAsync(IReadOnlyList<IndexedFace> faces, CancellationToken cancel = default)
    {
        RequireWriter();
        if (faces.Count == 0)
        {
            return;
        }
        var (space, dimension) = FaceStores.SpaceOf(Space, faces);
        await using var connection = await _database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        if (Space is null)
        {
            await CreateAsync(connection, space, dimension, cancel).ConfigureAwait(false);
        }
        await LockSpaceAsync(connection, space, "SHARE", cancel).ConfigureAwait(false);
        await InsertAsync(connection, "ipgan_faces", faces, cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        Space = space;
    }

    private void RequireWriter()
    {
        if (!_write)
        {
            throw new InvalidOperationException("The store was opened to be read.");
        }
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<FaceMatch>> FindAsync(IdentityVector vector, int count, CancellationToken cancel = default)
    {
        if (Space is null || count < 1)
        {
            return [];
        }
        if (vector.Space != Space)
        {
            throw new SpaceMismatchException(Space, vector.Space);
        }
        // Both in one transaction. An HNSW index finds no more than the first says; what somebody has set above that stays.
        await using var select = _database.CreateBatch();
        select.BatchCommands.Add(new($"""
            SELECT set_config('hnsw.ef_search',
                greatest(coalesce(nullif(current_setting('hnsw.ef_search', true), '')::int, {DefaultIndexReach}), least($1, {MaxIndexReach}))::text, true)
            """)
        { Parameters = { new() { Value = count } } });
        // Minus the inner product of vectors of unit length. Ordered by that alone, or no index would be used; equal ones are ordered afterwards.
        select.BatchCommands.Add(new("""
            SELECT id, person, model_version, distance, (SELECT name FROM ipgan_space)
            FROM (SELECT id, person, model_version, vector <#> $1 AS distance FROM ipgan_faces ORDER BY distance LIMIT $2) AS nearest
            ORDER BY distance, id
            """)
        { Parameters = { new() { Value = Unit(vector) }, new() { Value = count } } });
        await using var rows = await select.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await rows.NextResultAsync(cancel).ConfigureAwait(false);
        var matches = new List<FaceMatch>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            // Another may have migrated the store since it was opened.
            if (rows.GetString(4) != vector.Space)
            {
                throw new SpaceMismatchException(rows.GetString(4), vector.Space);
            }
            matches.Add(new FaceMatch(rows.GetString(0), rows.GetString(1), rows.GetString(2), -(float)rows.GetDouble(3)));
        }
        return matches;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>The tables, unless another was faster; then the space may be another, too.</summary>
    private static async Task CreateAsync(NpgsqlConnection connection, string space, int dimension, CancellationToken cancel)
    {
        await using (var create = new NpgsqlCommand($"""
            SELECT pg_advisory_xact_lock({FirstFaceLock});
            CREATE TABLE IF NOT EXISTS ipgan_space (one boolean PRIMARY KEY DEFAULT true CHECK (one), name text NOT NULL);
            CREATE TABLE IF NOT EXISTS ipgan_faces (id text PRIMARY KEY, person text NOT NULL, model_version text NOT NULL, vector vector({dimension}) NOT NULL);
            """, connection))
        {
            await create.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        await using (var name = new NpgsqlCommand("INSERT INTO ipgan_space (name) VALUES ($1) ON CONFLICT DO NOTHING", connection) { Parameters = { new() { Value = space } } })
        {
            await name.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
    }

    private static async Task InsertAsync(NpgsqlConnection connection, string table, IReadOnlyList<IndexedFace> faces, CancellationToken cancel)
    {
        await using var insert = new NpgsqlCommand(
            $"INSERT INTO {table} (id, person, model_version, vector) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::vector[]) ON CONFLICT DO NOTHING", connection)
        {
            Parameters =
            {
                new() { Value = faces.Select(f => f.Id).ToArray() },
                new() { Value = faces.Select(f => f.Person).ToArray() },
                new() { Value = faces.Select(f => f.Vector.ModelVersion).ToArray() },
                new() { Value = faces.Select(f => Unit(f.Vector)).ToArray() },
            },
        };
        await insert.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Locks the store's space until the end of the transaction: those who change faces share the lock, a migration has it alone. The store may have been
    /// made or migrated by another since it was opened.
    /// </summary>
    private static async Task LockSpaceAsync(NpgsqlConnection connection, string space, string strength, CancellationToken cancel)
    {
        await using var select = new NpgsqlCommand($"SELECT name FROM ipgan_space FOR {strength}", connection);
        var there = (string?)await select.ExecuteScalarAsync(cancel).ConfigureAwait(false);
        if (there != space)
        {
            throw new SpaceMismatchException(there ?? "", space);
        }
    }

    private static async Task<string?> ReadSpaceAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('ipgan_space') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not true)
        {
            return null;
        }
        await using var select = new NpgsqlCommand("SELECT name FROM ipgan_space", connection);
        return (string?)await select.ExecuteScalarAsync(cancel).ConfigureAwait(false);
    }

    private static Vector Unit(IdentityVector vector)
    {
        var values = new float[vector.Values.Length];
        FaceFileFormat.Normalize(vector.Values.Span, values);
        return new Vector(values);
    }

    /// <summary>The address as Npgsql reads it; its own settings come last, and so count.</summary>
    internal static string ConnectionString(Uri address)
    {
        var account = address.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Database = Uri.UnescapeDataString(address.AbsolutePath.Trim('/')),
            // None: behind a migration, and over many faces, any wait is right. Whoever cancels ends it.
            CommandTimeout = 0,
            // A server that is gone without a word is found out all the same.
            TcpKeepAlive = true,
            TcpKeepAliveTime = 60,
            TcpKeepAliveInterval = 10,
        };
        if (!address.IsDefaultPort)
        {
            builder.Port = address.Port;
        }
        if (account[0].Length > 0)
        {
            builder.Username = account[0];
        }
        if (account.Length > 1)
        {
            builder.Password = account[1];
        }
        foreach (var setting in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = setting.Split('=', 2);
            builder[Uri.UnescapeDataString(parts[0])] = Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "");
        }
        return builder.ConnectionString;
    }
}
