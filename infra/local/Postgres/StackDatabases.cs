using Npgsql;

namespace Tickets.Local.Postgres;

/// <summary>The databases of a stack, as connection strings.</summary>
/// <param name="Shards">Shard name (<c>hot-0</c>) to connection string.</param>
/// <param name="Identity">The same by whatever address the server is reached, another one once the databases were made anew; fit for a file name.</param>
internal sealed record StackDatabases(string Settings, IReadOnlyDictionary<string, string> Shards, string Identity)
{
    /// <summary>Names them and creates those that are missing; their schema is the app's business.</summary>
    /// <param name="server">A connection string of any database there whose user may create others.</param>
    public static async Task<StackDatabases> CreateMissingAsync(string server, string prefix, int shards, CancellationToken cancellationToken)
    {
        var settings = $"{prefix}_settings";
        var hot = Enumerable.Range(0, shards).ToDictionary(n => $"hot-{n}", n => $"{prefix}_hot_{n}");

        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var database in hot.Values.Prepend(settings))
            await CreateMissingAsync(connection, database, cancellationToken);

        string At(string database) => new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString;
        return new(At(settings), hot.ToDictionary(shard => shard.Key, shard => At(shard.Value)), await IdentityAsync(connection, settings, cancellationToken));
    }

    private static async Task<string> IdentityAsync(NpgsqlConnection connection, string settings, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("select (select system_identifier from pg_control_system()) || '-' || oid from pg_database where datname = $1", connection) { Parameters = { new() { Value = settings } } };
        return $"{settings}-{await read.ExecuteScalarAsync(cancellationToken)}";
    }

    private static async Task CreateMissingAsync(NpgsqlConnection connection, string database, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection) { Parameters = { new() { Value = database } } };
        if ((bool)(await find.ExecuteScalarAsync(cancellationToken))!) return;

        await using var create = new NpgsqlCommand($"create database \"{database}\"", connection);
        try
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Another stack on the same server was quicker.
        }
    }
}
