using IpGan.Client;
using Npgsql;
using Pgvector;

namespace IpGan.FaceSearch;

/// <summary>Changes that additions cannot express; each is one transaction.</summary>
public sealed partial class PostgresFaceStore
{
    // Faces in memory at once.
    private const int MigratedAtOnce = 1024;

    /// <inheritdoc />
    public async Task<IReadOnlyList<FaceName>> RemoveAsync(IReadOnlySet<string> people, IReadOnlySet<string> ids, CancellationToken cancel = default)
    {
        RequireWriter();
        var removed = new List<FaceName>();
        if (Space is null)
        {
            return removed;
        }
        await using var connection = await _database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await LockSpaceAsync(connection, Space, "SHARE", cancel).ConfigureAwait(false);
        await using (var delete = new NpgsqlCommand("DELETE FROM ipgan_faces WHERE person = ANY($1) OR id = ANY($2) RETURNING id, person", connection)
        {
            Parameters = { new() { Value = people.ToArray() }, new() { Value = ids.ToArray() } },
        })
        {
            await using var rows = await delete.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                removed.Add(new FaceName(rows.GetString(0), rows.GetString(1)));
            }
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return removed;
    }

    /// <inheritdoc />
    public async Task<long> MigrateAsync(string space, int dimension, VectorConversion convert, CancellationToken cancel = default)
    {
        RequireWriter();
        if (Space is null)
        {
            return 0;
        }
        await using var connection = await _database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await LockSpaceAsync(connection, Space, "UPDATE", cancel).ConfigureAwait(false);
        await ExecuteAsync(connection, $"""
            CREATE TABLE ipgan_migrated (id text PRIMARY KEY, person text NOT NULL, model_version text NOT NULL, vector vector({dimension}) NOT NULL);
            DECLARE unmigrated CURSOR FOR SELECT id, person, model_version, vector FROM ipgan_faces;
            """, cancel).ConfigureAwait(false);
        long migrated = 0;
        while (await FetchAsync(connection, cancel).ConfigureAwait(false) is { Count: > 0 } faces)
        {
            var converted = await FaceStores.ConvertAsync(faces, space, dimension, convert, cancel).ConfigureAwait(false);
            await InsertAsync(connection, "ipgan_migrated", converted, cancel).ConfigureAwait(false);
            migrated += faces.Count;
        }
        await ExecuteAsync(connection, """
            CLOSE unmigrated;
            DROP TABLE ipgan_faces;
            ALTER TABLE ipgan_migrated RENAME TO ipgan_faces;
            """, cancel).ConfigureAwait(false);
        await using (var rename = new NpgsqlCommand("UPDATE ipgan_space SET name = $1", connection) { Parameters = { new() { Value = space } } })
        {
            await rename.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        Space = space;
        return migrated;
    }

    private async Task<IReadOnlyList<IndexedFace>> FetchAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var fetch = new NpgsqlCommand($"FETCH {MigratedAtOnce} FROM unmigrated", connection);
        await using var rows = await fetch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var faces = new List<IndexedFace>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            faces.Add(new IndexedFace(rows.GetString(0), rows.GetString(1), new IdentityVector(rows.GetFieldValue<Vector>(3).Memory, Space!, rows.GetString(2))));
        }
        return faces;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statements, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}
